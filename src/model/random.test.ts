import { expect, it } from "vitest";
import { mix, streams, unit } from "./random.ts";

it("draws for 32-bit indexes what it has always drawn, or no old run could be derived again", () => {
  expect([mix(1, streams.arrival, 0), mix(7, streams.user, 12_345), mix(7, streams.request, -3)]).toEqual([
    1_395_805_767, 1_574_774_708, 1_702_769_422,
  ]);
});

it("draws for an index of 53 bits by both of its words", () => {
  const step = 2 ** 32;
  const draws = [5, 5 + step, 5 + 2 * step, 6 + step].map((index) => unit(1, streams.think, index));
  expect(new Set(draws).size).toBe(4);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
});
