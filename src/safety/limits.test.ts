import { describe, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import type { Fault } from "../model/fault.ts";
import { plainNetwork, type RunPlan, type ScheduleTotals, type StepPlan } from "../model/plan.ts";
import { checkLimits } from "./limits.ts";
import type { Retries } from "./worst-case.ts";

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
    operations: [
      { name: "scan", kind: "read", weight: 1 },
      { name: "report", kind: "write", weight: 0 },
    ],
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

function refusal(plan: RunPlan, asked: ScheduleTotals, retries: Retries = {}): Fault {
  return faultOf(() => checkLimits(plan, asked, retries));
}

it("holds a run to the ceilings of its scenario, all at once, and lets it reach them", () => {
  const ceilings = { ratePerSec: 200, requests: 6_000, writes: 600, duration: "30s" };
  const guarded = (more: object) => ({
    ...planWith([step]),
    safety: { abort: [], lease: null, ceilings: { ...ceilings, ...more } },
  });
  expect(() => checkLimits(guarded({}), totals, {})).not.toThrow();
  const fault = refusal(guarded({ ratePerSec: 199, requests: 5_999, writes: 599, duration: "29s" }), totals);
  expect(fault.kind).toBe("safety");
  expect(fault.message).toBe(
    "this run is larger than its scenario allows: ratePerSec 200/s, at most 199/s; requests 6,000, at most 5,999; writes 600, at most 599; duration 30 s, at most 29 s",
  );
});

it("lets an ordinary run pass, and one at every ceiling exactly", () => {
  expect(() => checkLimits(planWith([step]), totals, {})).not.toThrow();
  const day = { ...step, ratePerSec: 200_000, holdUs: 24 * 3_600 * 1_000_000 };
  const most = { ...totals, requests: 2_000_000_000, writes: 49_000_000 };
  expect(() => checkLimits(planWith([day], 1_000_000), most, {})).not.toThrow();
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
  expect(refusal(planWith([{ ...step, ratePerSec: Number.NaN }, step]), totals).message).toContain("rate");
  expect(refusal(planWith([{ ...step, holdUs: Number.POSITIVE_INFINITY }]), totals).message).toContain("duration");
});

describe("the worst case", () => {
  const fast = { ...step, ratePerSec: 50_000 };
  const visit = (longestUs: number): RunPlan => ({
    ...planWith([fast]),
    operations: [
      { name: "scan", kind: "read", weight: 0 },
      { name: "report", kind: "write", weight: 0 },
    ],
    journeys: [{ name: "visit", weight: 1, steps: [0, 1, 0, 1, 0].map((operation) => ({ operation, thinkUs: [0, longestUs] })) }],
  });

  it("counts each of a journey's requests", () => {
    expect(refusal(visit(0), totals).message).toContain("rate 250,000 requests/s");
  });

  it("counts every attempt, as far as a budget allows them", () => {
    const scan = (budget?: number) => ({ scan: { retry: { attempts: 5, ...(budget === undefined ? {} : { budget }) } } });
    expect(refusal(planWith([fast]), totals, scan()).message).toContain("rate 250,000 requests/s");
    expect(() => checkLimits(planWith([fast]), totals, scan(0.5))).not.toThrow();
    const many = { ...totals, requests: 500_000_000, perOperation: { scan: 500_000_000 } };
    expect(refusal(planWith([step]), many, scan()).message).toContain("number of requests 2,500,000,000");
    const written = { ...totals, writes: 10_000_000, perOperation: { report: 10_000_000 } };
    const retries = { report: { retry: { attempts: 6 } } };
    expect(refusal(planWith([step]), written, retries).message).toContain("number of writes 60,000,000");
  });

  it("bounds the journeys under way at once by how long they think, or by the step's end", () => {
    const plan = { ...visit(60_000_000), steps: [{ ...fast, ratePerSec: 40_000 }] };
    expect(refusal(plan, totals).message).toContain("journeys under way at once 1,200,000");
    expect(() => checkLimits({ ...plan, steps: [{ ...fast, ratePerSec: 30_000 }] }, totals, {})).not.toThrow();
  });
});
