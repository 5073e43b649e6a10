import { expect, it } from "vitest";
import { Fault } from "../model/fault.ts";
import { plainNetwork, type RunPlan, type ScheduleTotals, type StepPlan } from "../model/plan.ts";
import { checkLimits } from "./limits.ts";

const step: StepPlan = { index: 0, role: "step", multiple: 1, ratePerSec: 200, holdUs: 30_000_000 };
const totals: ScheduleTotals = {
  requests: 6_000,
  writes: 600,
  perStep: [6_000],
  perOperation: { scan: 6_000 },
  hash: "0123456789abcdef",
};

function planWith(steps: readonly StepPlan[], prepared = 0): RunPlan {
  return {
    scenario: { name: "s", path: "s.ts", hash: "0" },
    target: "http://127.0.0.1:1",
    targets: ["http://127.0.0.1:1"],
    admin: "http://127.0.0.1:1",
    seed: 1,
    peakRatePerSec: 200,
    pace: "poisson",
    precision: "timer",
    workers: 1,
    steps,
    connections: { ...plainNetwork, policy: "keep-alive", max: 1, deadlineUs: 1 },
    operations: [],
    journeys: [],
    users: { name: "citizens", pool: 1, popularity: "uniform" },
    prepare: { create: "citizen", count: prepared },
    lanes: null,
    observe: { prometheus: null, pids: [] },
    budgets: [],
    thirdParties: {},
    cleanup: null,
    variables: {},
  };
}

function refusal(plan: RunPlan, asked: ScheduleTotals): Fault {
  try {
    checkLimits(plan, asked);
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
  }
  throw new Error("expected a Fault");
}

it("lets an ordinary run pass, and one at every ceiling exactly", () => {
  expect(() => checkLimits(planWith([step]), totals)).not.toThrow();
  const day = { ...step, ratePerSec: 200_000, holdUs: 24 * 3_600 * 1_000_000 };
  expect(() => checkLimits(planWith([day], 1_000_000), { ...totals, requests: 2_000_000_000, writes: 49_000_000 })).not.toThrow();
});

it("lists every ceiling that is exceeded, with its unit and its way out", () => {
  const long = { ...step, ratePerSec: 200_001, holdUs: 13 * 3_600 * 1_000_000 };
  const fault = refusal(planWith([long, long]), { ...totals, requests: 2_000_000_001, writes: 50_000_001 });
  expect(fault.kind).toBe("safety");
  expect(fault.message).toContain("rate 200,001 requests/s, at most 200,000");
  expect(fault.message).toContain("duration 93,600 s, at most 86,400");
  expect(fault.message).toContain("number of requests 2,000,000,001 requests");
  expect(fault.message).toContain("number of writes 50,000,001 writes");
  expect(fault.detail.fix).toContain("load.hold");
});

it("counts what prepare writes", () => {
  expect(refusal(planWith([step], 50_000_000), totals).message).toContain("number of writes 50,000,600");
});

it("takes a figure that is no number as exceeded", () => {
  expect(refusal(planWith([{ ...step, ratePerSec: Number.NaN }]), totals).message).toContain("rate");
  expect(refusal(planWith([{ ...step, holdUs: Number.POSITIVE_INFINITY }]), totals).message).toContain("duration");
});
