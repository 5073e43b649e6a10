import { describe, expect, it } from "vitest";
import type { Fault } from "../model/fault.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { ThirdParty } from "../model/safety-rules.ts";
import { projectCalls, refuseOverBudget, refuseUnbounded } from "./projection.ts";

const step = (multiple: number, more: Partial<StepPlan> = {}): StepPlan => {
  return { index: 0, role: "step", multiple, ratePerSec: multiple * 100, holdUs: 1_000_000, ...more };
};
const told: ThirdParty = { callsPer: { report: 2 }, limitPerSec: 50, notice: "OPS-1" };
const planWith = (
  thirdParties: Readonly<Record<string, ThirdParty>>,
  more: Partial<RunPlan> = {},
): Pick<RunPlan, "operations" | "journeys" | "steps" | "thirdParties" | "peakRatePerSec" | "prepare"> => ({
  operations: [
    { name: "scan", kind: "read", weight: 9 },
    { name: "report", kind: "write", weight: 1 },
  ],
  journeys: [],
  steps: [step(3, { role: "warmup" }), step(1), step(2), step(3), step(1, { role: "repeat" })],
  peakRatePerSec: 100,
  prepare: null,
  thirdParties,
  ...more,
});
const refusal = (plan: Parameters<typeof refuseOverBudget>[0], retries = {}): Fault => {
  try {
    refuseOverBudget(plan, retries);
  } catch (thrown) {
    return thrown as Fault;
  }
  throw new Error("was not refused");
};

describe("the calls that a plan would cause", () => {
  it("are projected at each multiple", () => {
    expect(projectCalls(planWith({ lab: told }), {})).toEqual([
      { party: "lab", multiple: 1, ratePerSec: 100, callsPerSec: 20, limitPerSec: 50, over: false },
      { party: "lab", multiple: 2, ratePerSec: 200, callsPerSec: 40, limitPerSec: 50, over: false },
      { party: "lab", multiple: 3, ratePerSec: 300, callsPerSec: 60, limitPerSec: 50, over: true },
    ]);
  });

  it("include those of journeys, of retries at their worst, and of a ramp's higher end", () => {
    const journeys = [
      { name: "visit", weight: 10, steps: [0, 1, 1].map((operation) => ({ operation, thinkUs: [0, 0] as const })) },
    ];
    const calls = (more: Partial<RunPlan>, retries = {}): number[] =>
      projectCalls(planWith({ lab: told }, more), retries).map(({ callsPerSec }) => callsPerSec);
    expect(calls({ journeys })[0]).toBeCloseTo((100 * (1 * 2 + 10 * 4)) / 20);
    expect(calls({}, { report: { retry: { attempts: 3 } } })).toEqual([60, 120, 180]);
    expect(calls({}, { report: { retry: { attempts: 3, budget: 0.5 } } })).toEqual([30, 60, 90]);
    expect(calls({ steps: [step(1, { role: "ramp", fromRatePerSec: 400 })] })).toEqual([80]);
  });
});

describe("a plan that third parties have not agreed to", () => {
  it("is refused with every one that it would overrun, and the multiple that fits", () => {
    const { kind, message, detail } = refusal(
      planWith({ lab: told, sms: { ...told, limitPerSec: 15 }, mail: { ...told, limitPerSec: 60 } }),
    );
    expect(kind).toBe("safety");
    expect(message).toBe(
      "lab would get 60 calls/s at 3x, and has agreed to 50/s; sms would get 20 calls/s at 1x, 60/s at 3x, and has agreed to 15/s",
    );
    expect(detail.fix).toBe(
      "at most 2.5x fits lab: lower the multiples or the peak; at most 0.75x fits sms: lower the multiples or the peak; or have the target call a stand-in (peakproof stub) and write stubbed: true",
    );
  });

  it("is refused where they were not told", () => {
    const { message, detail } = refusal(planWith({ lab: { callsPer: { report: 1 }, limitPerSec: 400 } }));
    expect(message).toContain("does not say where lab was told");
    expect(detail.fix).toContain('notice: "ticket OPS-1234"');
  });

  it("is refused where preparing would call them, at no rate that could be promised", () => {
    const { message } = refusal(
      planWith({ lab: { ...told, limitPerSec: 1_000 } }, { prepare: { create: "report", count: 500 } }),
    );
    expect(message).toBe("prepare would call lab 1,000 times, as fast as the target answers");
  });

  it("goes through exactly at the limit, and where a stand-in takes their place", () => {
    for (const parties of [
      { lab: { ...told, limitPerSec: 60 } },
      { lab: { callsPer: { report: 100 }, limitPerSec: 1, stubbed: true } },
      {},
    ])
      expect(() => refuseOverBudget(planWith(parties), {})).not.toThrow();
  });
});

it("a closed loop is refused for what calls a third party, whose rate nobody can promise", () => {
  const plan = planWith({ lab: told, sms: { ...told, stubbed: true } });
  expect(() => refuseUnbounded(plan, "scan")).not.toThrow();
  expect(() => refuseUnbounded(plan, "report")).toThrow("a closed loop of report would call lab as fast as the target answers");
});
