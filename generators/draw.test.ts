import fc from "fast-check";
import { expect, it } from "vitest";
import { streams } from "../src/model/random.ts";
import { draws, permute, pickFrom } from "./draw.ts";

it("uses no stream of the load's, and none of its own twice", () => {
  const own = Object.values(draws);
  expect(new Set([...own, ...Object.values(streams)]).size).toBe(own.length + Object.keys(streams).length);
});

it("permutes: every number below the size once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(1, 10, 1_000, 10_000), (seed, size) => {
      const seen = new Set(Array.from({ length: size }, (_, index) => permute(seed, draws.phone, size, index)));
      expect(seen.size).toBe(size);
      expect(Math.max(...seen)).toBe(size - 1);
    }),
  );
});

it("picks every entry, and refuses to pick from nothing", () => {
  expect([0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((draw) => pickFrom(["a", "b"], draw))).toEqual(["a", "a", "b", "b"]);
  expect(() => pickFrom([], 0)).toThrow(RangeError);
});
