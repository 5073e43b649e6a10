import { expect, it } from "vitest";
import { type ConnectionPlan, plainNetwork, type RunPlan, type StepPlan } from "../model/plan.ts";
import type { Calibration } from "../model/run.ts";
import { beyondReach, whyNotCalibrated } from "./reach.ts";

const calibration: Calibration = { cleanRatePerSec: 38_000, cpuUsPerRequest: 20, measuredAt: "2026-06-01T12:00:00Z" };
const steps = (...rates: readonly number[]): Pick<RunPlan, "steps" | "workers"> => ({
  workers: 1,
  steps: rates.map((ratePerSec, index): StepPlan => ({ index, role: "step", multiple: index + 1, ratePerSec, holdUs: 1e6 })),
});

it("says nothing where the highest step is within reach", () => {
  expect(beyondReach(steps(1_000, 38_000, 1_000), calibration, 4)).toBeNull();
});

it("names the load threads that it takes, as far as there are cores", () => {
  expect(beyondReach(steps(1_000, 60_000, 1_000), calibration, 4)).toBe(
    "the highest step asks for 60,000/s; by itself this generator manages 38,000/s with 1 load thread: --workers 2",
  );
  expect(beyondReach(steps(60_000), calibration, 1)).toMatch(/a machine with more cores, or several, since this one has 1 core$/);
});

it("tries what can be tried: not what goes through a proxy", () => {
  const connections: ConnectionPlan = { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs: 1e6 };
  expect(whyNotCalibrated({ connections })).toBeNull();
  expect(whyNotCalibrated({ connections: { ...connections, proxy: "http://proxy:3128" } })).toMatch(/proxy/);
});
