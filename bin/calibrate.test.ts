import { expect, it } from "vitest";
import type { RunPlan } from "../src/model/plan.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { recordOf } from "../test/record-builder.ts";
import { calibrateGenerator, calibrationWanted, type Calibrated } from "./calibrate.ts";

const { run } = recordOf({ multiples: [1], holdSec: 1 });
/** One whose requests all need what a journey carries. */
const input = {
  users: { name: "nobody", pool: 1, popularity: "uniform", user: () => ({ id: "a" }) },
  operations: {
    next: {
      kind: "read",
      weight: 1,
      request: () => {
        throw new Error("nothing carried");
      },
    },
  },
} as unknown as ScenarioInput;

function calibrated(plan: Partial<RunPlan>, notes: string[] = []): Promise<Calibrated> {
  const prepared = {
    plan: { ...run.plan, operations: [{ name: "next", kind: "read" as const, weight: 1 }], ...plan },
    scenario: { path: run.plan.scenario.path, hash: run.plan.scenario.hash, input },
    totals: run.schedule,
    token: null,
  };
  return calibrateGenerator(prepared, undefined, run.machine, {
    signal: new AbortController().signal,
    say: (text) => notes.push(text),
  });
}

it("says why it does not calibrate where a null server cannot stand in for the target", async () => {
  expect(await calibrated({ targets: ["https://health.example"] })).toEqual({
    calibration: null,
    warnings: [expect.stringMatching(/^the generator was not calibrated: .*TLS/)],
  });
});

it("warns, and fails no run, where no request can be made by itself", async () => {
  const notes: string[] = [];
  expect(await calibrated({}, notes)).toEqual({
    calibration: null,
    warnings: ["the generator could not be calibrated: no request can be made without what a journey carries to it"],
  });
  expect(notes).toEqual([]);
});

it("is wanted, unless the environment says off", () => {
  expect(calibrationWanted({})).toBe(true);
  expect(calibrationWanted({ PEAKPROOF_CALIBRATION: "on" })).toBe(true);
  expect(calibrationWanted({ PEAKPROOF_CALIBRATION: "off" })).toBe(false);
});
