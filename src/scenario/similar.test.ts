import fc from "fast-check";
import { expect, it } from "vitest";
import { editDistance, nearest } from "./similar.ts";

it("counts edits", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("same", "same")).toBe(0);
});

it("is a distance: symmetric, 0 for equals only, and never longer than by a detour", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

it.each([
  ["taget", "target"],
  ["ratePersec", "ratePerSec"],
  ["rate", "ratePerSec"],
  ["wieght", "weight"],
  ["oper", "operations"],
  ["targets", "target"],
])("takes %s for %s", (written, meant) => {
  expect(nearest(written, ["name", "target", "ratePerSec", "weight", "operations"])).toBe(meant);
});

it.each(["", "x", "na", "stages", "t".repeat(100)])("takes %j for nothing", (written) => {
  expect(nearest(written, ["name", "target", "load"])).toBeNull();
});
