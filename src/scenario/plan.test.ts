import { describe, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import { Fault } from "../model/fault.ts";
import { plainNetwork } from "../model/plan.ts";
import type { Stage } from "../model/scenario.ts";
import { input, scenarioOf } from "./loaded-scenario.fixture.ts";
import { makePlan } from "./plan.ts";

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
    targets: ["http://127.0.0.1:8460"],
    admin: "http://127.0.0.1:8460",
    seed: 1,
    peakRatePerSec: 200,
    pace: "poisson",
    precision: "timer",
    workers: 1,
    connections: { ...plainNetwork, policy: "keep-alive", max: 2_000, deadlineUs: 10_000_000 },
    operations: [
      { name: "scan", kind: "read", weight: 9 },
      { name: "report", kind: "write", weight: 1 },
    ],
    journeys: [],
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
    makePlan(scenarioOf(), { target: "https://x/path", peakRatePerSec: 0, multiples: [1, 1], seed: -1, workers: 1.5 }),
  );
  expect(fault.kind).toBe("usage");
  expect(fault.message).toMatchInlineSnapshot(`
    "5 flags cannot be used:
      --target: received "https://x/path"; expected an http:// or https:// address with no path, query or user name, or a list of 1 to 16 different ones; write --target http://127.0.0.1:8460
      --peak: received 0; expected arrivals per second, above 0 and at most 1,000,000; write --peak 200
      --multiples: received [1,1]; expected 1 to 50 different numbers above 0 and at most 1,000; write --multiples 1,2,3,5
      --seed: received -1; expected a whole number from 0 to 4,294,967,295; write --seed 1
      --workers: received 1.5; expected a whole number from 1 to 64; write --workers 1"
  `);
});

it("takes several targets in the author's order, and watches the first", () => {
  const plan = makePlan(scenarioOf({ target: ["http://127.0.0.1:2/", "http://127.0.0.1:1"] }));
  expect(plan).toMatchObject({
    target: "http://127.0.0.1:2",
    targets: ["http://127.0.0.1:2", "http://127.0.0.1:1"],
    admin: "http://127.0.0.1:2",
  });
  expect(makePlan(scenarioOf(), { target: ["http://[::1]:1", "http://[::1]:2"] }).targets).toHaveLength(2);
});

it("knows journeys by the numbers of their operations and the bounds of their think times", () => {
  const steps = [
    { operation: "report" },
    { operation: "scan", think: "1s" },
    { operation: "scan", think: ["500ms", "2s"] as const, when: () => true },
  ];
  expect(makePlan(scenarioOf({ journeys: { visit: { weight: 2, steps } } })).journeys).toEqual([
    {
      name: "visit",
      weight: 2,
      steps: [
        { operation: 1, thinkUs: [0, 0] },
        { operation: 0, thinkUs: [1_000_000, 1_000_000] },
        { operation: 0, thinkUs: [500_000, 2_000_000] },
      ],
    },
  ]);
});

describe("stages", () => {
  const staged = (stages: readonly Stage[], more: object = {}) =>
    scenarioOf({ load: { peak: { ratePerSec: 200 }, stages, ...more } });
  const surge: readonly Stage[] = [
    { multiple: 1, hold: "10s" },
    { multiple: 3, ramp: "5s", hold: "20s" },
    { multiple: 0, ramp: "2s" },
    { multiple: 1, ramp: "1s", hold: "10s" },
  ];

  it("follow each other without a pause, ramps and holds, in the author's order, with no warm-up and no repeat", () => {
    expect(makePlan(staged(surge)).steps).toEqual([
      { index: 0, role: "step", multiple: 1, ratePerSec: 200, holdUs: 10_000_000 },
      { index: 1, role: "ramp", multiple: 3, fromRatePerSec: 200, ratePerSec: 600, holdUs: 5_000_000, follows: true },
      { index: 2, role: "step", multiple: 3, ratePerSec: 600, holdUs: 20_000_000, follows: true },
      { index: 3, role: "ramp", multiple: 0, fromRatePerSec: 600, ratePerSec: 0, holdUs: 2_000_000, follows: true },
      { index: 4, role: "ramp", multiple: 1, fromRatePerSec: 0, ratePerSec: 200, holdUs: 1_000_000, follows: true },
      { index: 5, role: "step", multiple: 1, ratePerSec: 200, holdUs: 10_000_000, follows: true },
    ]);
  });

  it("begin with a ramp from nothing, after a warm-up where one is asked for", () => {
    const { steps } = makePlan(staged([{ multiple: 2, ramp: "4s", hold: "1s" }], { warmup: "3s" }));
    expect(steps).toEqual([
      { index: 0, role: "warmup", multiple: 2, ratePerSec: 400, holdUs: 3_000_000 },
      { index: 1, role: "ramp", multiple: 2, fromRatePerSec: 0, ratePerSec: 400, holdUs: 4_000_000 },
      { index: 2, role: "step", multiple: 2, ratePerSec: 400, holdUs: 1_000_000, follows: true },
    ]);
  });

  it("scale with --peak, and give way to --multiples with a --hold", () => {
    expect(makePlan(staged(surge), { peakRatePerSec: 10 }).steps[1]).toMatchObject({ fromRatePerSec: 10, ratePerSec: 30 });
    const { steps } = makePlan(staged(surge), { multiples: [2], holdUs: 1_000_000 });
    expect(steps.map(({ role, multiple }) => [role, multiple])).toEqual([
      ["warmup", 2],
      ["step", 2],
    ]);
  });

  it("are not held longer or shorter by a flag, which could mean any of them", () => {
    expect(faultOf(() => makePlan(staged(surge), { holdUs: 1_000_000 })).detail.fix).toContain("--multiples as well");
    expect(faultOf(() => makePlan(staged(surge), { multiples: [1] })).detail.fix).toBe("--hold 30s as well");
  });

  it("count a ramp by its mean rate when a run is too large", () => {
    const stages: Stage[] = [{ multiple: 1, ramp: "24h", hold: "1s" }];
    expect(makePlan(staged(stages), { peakRatePerSec: 40_000 }).steps).toHaveLength(2);
    expect(() => makePlan(staged(stages), { peakRatePerSec: 60_000 })).toThrow(Fault);
  });
});

it("refuses a top rate beyond the limit, also where only flag and scenario together reach it", () => {
  expect(faultOf(() => makePlan(scenarioOf(), { peakRatePerSec: 400_000 })).detail.received).toBe("1200000 arrivals per second");
});

it("refuses more requests than can be numbered", () => {
  const fault = faultOf(() => makePlan(scenarioOf(), { peakRatePerSec: 100_000, holdUs: 86_400_000_000 }));
  expect(fault.message).toBe("the run asks for too many requests");
  expect(fault.detail.expected).toBe("at most 2147483647");
});
