import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spread } from "./layout.ts";

describe("spread", () => {
  it("leaves labels that are apart where they are", () => {
    expect(spread([10, 40, 90], 15, 0, 100)).toEqual([10, 40, 90]);
  });

  it("moves labels that lie on one another apart, in the order of the input", () => {
    expect(spread([50, 50, 20], 15, 0, 100)).toEqual([50, 65, 20]);
  });

  it("keeps the gap and the bounds wherever there is room", () => {
    const wanted = fc.array(fc.integer({ min: -50, max: 250 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(wanted, (ys) => {
        const placed = spread(ys, 15, 0, 200);
        const sorted = placed.toSorted((a, b) => a - b);
        expect(sorted.every((y, at) => at === 0 || y - (sorted[at - 1] ?? 0) >= 15)).toBe(true);
        expect([(sorted[0] ?? 0) >= 0, (sorted.at(-1) ?? 0) <= 200]).toEqual([true, true]);
      }),
    );
  });
});
