import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Point, thinned } from "./columns.ts";

const series = (ys: readonly (number | null)[]): Point[] => ys.map((y, x) => ({ x, y }));
const values = (points: readonly Point[]): number[] => points.flatMap(({ y }) => y ?? []);

describe("thinned", () => {
  it("leaves a short series as it is", () => {
    const points = series([1, 2, null, 4]);
    expect(thinned(points, 10)).toBe(points);
  });

  it("keeps one spike among thousands of seconds", () => {
    const ys = Array.from({ length: 86_400 }, (_, second) => (second === 43_210 ? 9_999 : 1));
    const points = thinned(series(ys), 300);
    expect(points.length).toBeLessThanOrEqual(600);
    expect(Math.max(...values(points))).toBe(9_999);
  });

  it("keeps a gap that is as wide as a column", () => {
    const ys = Array.from({ length: 1_000 }, (_, second) => (second >= 400 && second < 600 ? null : 5));
    expect(thinned(series(ys), 10).some(({ y }) => y === null)).toBe(true);
  });

  it("keeps the extremes, the order and the bound, whatever the series", () => {
    const someY = fc.option(fc.integer({ min: -1_000, max: 1_000 }), { freq: 5 });
    fc.assert(
      fc.property(fc.array(someY, { maxLength: 500 }), fc.integer({ min: 1, max: 50 }), (ys, columns) => {
        const points = thinned(series(ys), columns);
        const all = ys.flatMap((y) => y ?? []);
        expect(points.length).toBeLessThanOrEqual(Math.max(2 * columns, 0));
        expect([Math.min(...values(points)), Math.max(...values(points))]).toEqual([Math.min(...all), Math.max(...all)]);
        expect(points.map(({ x }) => x)).toEqual(points.map(({ x }) => x).toSorted((a, b) => a - b));
      }),
    );
  });
});
