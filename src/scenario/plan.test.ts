import { expect, it } from "vitest";
import { Fault } from "../model/fault.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import type { Scenario } from "./load.ts";
import { makePlan } from "./plan.ts";

const input: ScenarioInput = {
  name: "mine",
  target: "http://127.0.0.1:8460/",
  load: { peak: { ratePerSec: 200 }, multiples: [3, 1, 2], hold: "30s" },
  users: { name: "people", pool: 100, popularity: "zipf", user: (seed, index) => ({ id: `${seed}-${index}` }) },
  operations: {
    scan: { kind: "read", weight: 9, request: () => ({ path: "/" }) },
    report: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports" }) },
  },
  cleanup: { none: "thrown away" },
};

const scenarioOf = (changes: Partial<ScenarioInput> = {}): Scenario => ({
  path: "/tmp/mine.ts",
  hash: "0123456789abcdef",
  input: { ...input, ...changes },
});

function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
  }
  throw new Error("expected a Fault");
}

it("warms up at the top rate, climbs through the multiples, and repeats the lowest", () => {
  expect(makePlan(scenarioOf()).steps).toEqual([
    { index: 0, role: "warmup", multiple: 3, ratePerSec: 600, holdUs: 5_000_000 },
    { index: 1, role: "step", multiple: 1, ratePerSec: 200, holdUs: 30_000_000 },
    { index: 2, role: "step", multiple: 2, ratePerSec: 400, holdUs: 30_000_000 },
    { index: 3, role: "step", multiple: 3, ratePerSec: 600, holdUs: 30_000_000 },
    { index: 4, role: "repeat", multiple: 1, ratePerSec: 200, holdUs: 30_000_000 },
  ]);
});

it("has one step for one multiple, and no warm-up of 0 s", () => {
  const { steps } = makePlan(scenarioOf({ load: { ...input.load, multiples: [2], warmup: "0s" } }));
  expect(steps).toEqual([{ index: 0, role: "step", multiple: 2, ratePerSec: 400, holdUs: 30_000_000 }]);
});

it("fills in the defaults", () => {
  expect(makePlan(scenarioOf())).toMatchObject({
    scenario: { name: "mine", path: "/tmp/mine.ts", hash: "0123456789abcdef" },
    target: "http://127.0.0.1:8460",
    admin: "http://127.0.0.1:8460",
    seed: 1,
    peakRatePerSec: 200,
    pace: "poisson",
    precision: "timer",
    workers: 1,
    connections: { policy: "keep-alive", max: 2_000, deadlineUs: 10_000_000 },
    operations: [
      { name: "scan", kind: "read", weight: 9 },
      { name: "report", kind: "write", weight: 1 },
    ],
    users: { name: "people", pool: 100, popularity: "zipf" },
    prepare: null,
    lanes: null,
    observe: { prometheus: null, pids: [] },
    budgets: [],
    thirdParties: {},
    cleanup: { none: "thrown away" },
    variables: {},
  });
});

it("lets flags win over the scenario", () => {
  const plan = makePlan(scenarioOf({ admin: "http://127.0.0.1:1", observe: { pids: [1] } }), {
    target: "http://127.0.0.1:9000",
    admin: "http://127.0.0.1:9001",
    peakRatePerSec: 10,
    multiples: [2, 1],
    holdUs: 1_000_000,
    warmupUs: 0,
    seed: 7,
    workers: 2,
    pids: [42],
    pace: "uniform",
    variables: { pool: "5" },
  });
  expect(plan).toMatchObject({
    target: "http://127.0.0.1:9000",
    admin: "http://127.0.0.1:9001",
    peakRatePerSec: 10,
    pace: "uniform",
    seed: 7,
    workers: 2,
    observe: { pids: [42] },
    variables: { pool: "5" },
  });
  expect(plan.steps.map(({ role, ratePerSec, holdUs }) => [role, ratePerSec, holdUs])).toEqual([
    ["step", 10, 1_000_000],
    ["step", 20, 1_000_000],
    ["repeat", 10, 1_000_000],
  ]);
});

it("is plain data: it survives a thread's border and a file unchanged", () => {
  const plan = makePlan(scenarioOf());
  expect(structuredClone(plan)).toEqual(plan);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

it("does not reorder the author's own list", () => {
  makePlan(scenarioOf());
  expect(input.load.multiples).toEqual([3, 1, 2]);
});

it("refuses all bad flags at once", () => {
  const fault = faultOf(() =>
    makePlan(scenarioOf(), { target: "https://x", peakRatePerSec: 0, multiples: [1, 1], seed: -1, workers: 1.5 }),
  );
  expect(fault.kind).toBe("usage");
  expect(fault.message).toMatchInlineSnapshot(`
    "5 flags cannot be used:
      --target: received "https://x"; expected an http:// address with no path, query or user name; https is not supported yet; write --target http://127.0.0.1:8460
      --peak: received 0; expected arrivals per second, above 0 and at most 1,000,000; write --peak 200
      --multiples: received [1,1]; expected 1 to 50 different numbers above 0 and at most 1,000; write --multiples 1,2,3,5
      --seed: received -1; expected a whole number from 0 to 4,294,967,295; write --seed 1
      --workers: received 1.5; expected a whole number from 1 to 64; write --workers 1"
  `);
});

it("refuses a top rate beyond the limit, also where only flag and scenario together reach it", () => {
  expect(faultOf(() => makePlan(scenarioOf(), { peakRatePerSec: 400_000 })).detail.received).toBe("1200000 arrivals per second");
});

it("refuses more requests than can be numbered", () => {
  const fault = faultOf(() => makePlan(scenarioOf(), { peakRatePerSec: 100_000, holdUs: 86_400_000_000 }));
  expect(fault.message).toBe("the run asks for too many requests");
  expect(fault.detail.expected).toBe("at most 2147483647");
});
