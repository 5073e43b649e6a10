import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import type { RunRecord } from "../model/record.ts";
import { drawnSecondsMost, secondsCount, seriesValues, vitalValues } from "./seconds.ts";

const record = recordOf({ holdSec: 3, warmupSec: 0, multiples: [1] });
const [point] = record.series;

function withPoint(t: unknown, due: unknown): RunRecord {
  return { ...record, vitals: [], series: [{ ...point, t, due } as RunRecord["series"][number]] };
}

describe("seconds", () => {
  it("puts each point into its second and leaves the others open", () => {
    expect(seriesValues(withPoint(2_400_000, 7), 4, ({ due }) => due)).toEqual([null, null, 7, null]);
  });

  it("does not let a hostile time or value decide how much memory is taken", () => {
    expect(secondsCount(withPoint(1e18, 7))).toBe(0);
    expect(secondsCount(withPoint(drawnSecondsMost * 1e6 - 1, 7))).toBe(drawnSecondsMost);
    expect(secondsCount(withPoint("soon", 7))).toBe(0);
    expect(seriesValues(withPoint(0, "many"), 1, ({ due }) => due)).toEqual([null]);
    expect(seriesValues(withPoint(0, Infinity), 1, ({ due }) => due)).toEqual([null]);
  });

  it("folds several samples of one second", () => {
    const sample = (t: number, value: number) => ({ t, source: "host", signal: "busy.share", value });
    expect(vitalValues([sample(100, 0.2), sample(900_000, 0.7), sample(1_000_000, 0.1)], 2)).toEqual([0.7, 0.1]);
  });
});
