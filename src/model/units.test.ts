import { expect, it } from "vitest";
import { parseDurationUs } from "./units.ts";

it.each([
  ["850us", 850],
  ["250ms", 250_000],
  ["1.5m", 90_000_000],
  ["2h", 7_200_000_000],
  ["7d", 604_800_000_000],
])("reads %s", (text, us) => {
  expect(parseDurationUs(text)).toBe(us);
});

it.each(["", "7", "d", "-1s", "1 week", "1e3s"])("takes %j for no duration", (text) => {
  expect(parseDurationUs(text)).toBeUndefined();
});
