import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { calibrate } from "../src/calibration/calibrate.ts";
import type { RunPlan } from "../src/model/plan.ts";
import type { Calibration } from "../src/model/run.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { recordOf } from "../test/record-builder.ts";
import { calibrateGenerator, calibrationWanted, type Calibrated } from "./calibrate.ts";

vi.mock("../src/calibration/calibrate.ts");

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

function calibrated(plan: Partial<RunPlan>, notes: string[] = [], own = input): Promise<Calibrated> {
  const prepared = {
    plan: { ...run.plan, operations: [{ name: "next", kind: "read" as const, weight: 1 }], ...plan },
    scenario: { path: run.plan.scenario.path, hash: run.plan.scenario.hash, input: own },
    totals: run.schedule,
    others: [],
  };
  return calibrateGenerator(prepared, undefined, run.machine, {
    signal: new AbortController().signal,
    say: (text) => notes.push(text),
  });
}

it("says why it does not calibrate where a null server cannot stand in for the target", async () => {
  const connections = { ...run.plan.connections, proxy: "http://proxy:3128" };
  expect(await calibrated({ connections })).toEqual({
    calibration: null,
    warnings: ["the generator was not calibrated: the null server stands behind no proxy"],
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

describe("what is remembered of the generator", () => {
  const own = {
    ...input,
    operations: { next: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
  } as unknown as ScenarioInput;
  const kept = (cleanRatePerSec: number): Calibration => ({
    cleanRatePerSec,
    cpuUsPerRequest: 20,
    measuredAt: new Date().toISOString(),
  });
  /** What the run is told where its highest step asks for a rate, and the generator would now be found to do another. */
  const asked = async (topRatePerSec: number, foundPerSec: number, notes: string[] = []): Promise<number | undefined> => {
    vi.mocked(calibrate).mockResolvedValue(kept(foundPerSec));
    const steps = run.plan.steps.map((step) => Object.assign({}, step, { ratePerSec: topRatePerSec }));
    return (await calibrated({ steps }, notes, own)).calibration?.cleanRatePerSec;
  };

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "peakproof-calibrated-"));
    vi.stubEnv("XDG_CACHE_HOME", folder);
    vi.mocked(calibrate).mockReset();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is believed where it is enough for the plan", async () => {
    expect(await asked(500, 1_000)).toBe(1_000);
    expect(await asked(1_000, 9_000)).toBe(1_000);
    expect(calibrate).toHaveBeenCalledTimes(1);
  });

  it("is tried again where it is not, since the machine may have been busy then, and the better is kept", async () => {
    const notes: string[] = [];
    expect(await asked(500, 1_000)).toBe(1_000);
    expect(await asked(2_000, 9_000, notes)).toBe(9_000);
    expect(notes).toEqual([expect.stringMatching(/^calibrating the generator again, since it is remembered with less/)]);
    expect(await asked(9_001, 800)).toBe(9_000);
    expect(await asked(9_000, 1)).toBe(9_000);
    expect(calibrate).toHaveBeenCalledTimes(3);
  });

  it("is better than nothing where the second try fails", async () => {
    expect(await asked(500, 1_000)).toBe(1_000);
    vi.mocked(calibrate).mockReset().mockRejectedValue(new Error("short of time"));
    const steps = run.plan.steps.map((step) => Object.assign({}, step, { ratePerSec: 2_000 }));
    expect((await calibrated({ steps }, [], own)).calibration?.cleanRatePerSec).toBe(1_000);
  });
});
