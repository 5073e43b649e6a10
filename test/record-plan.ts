/** The plan and schedule of a simulated world, for `record-builder`. */
import { plainNetwork, type RunPlan, type ScheduleTotals, type StepPlan } from "../src/model/plan.ts";
import type { Simulation } from "./record-simulation.ts";
import type { World } from "./record-world.ts";

export function planOf(world: World, steps: readonly StepPlan[]): RunPlan {
  const target = world.https ? "https://health.example" : "http://127.0.0.1:8460";
  return {
    scenario: { name: "health-code-mixed", path: "scenarios/health-code-mixed.ts", hash: "00000000deadbeef" },
    target,
    targets: [target],
    admin: "http://127.0.0.1:8461",
    seed: world.seed,
    peakRatePerSec: world.peakRatePerSec,
    pace: "poisson",
    precision: "timer",
    workers: 1,
    steps,
    connections: { ...plainNetwork, policy: "keep-alive", max: world.maxConnections, deadlineUs: world.deadlineUs },
    operations: world.operations,
    journeys: world.journeys,
    users: { name: "citizens", pool: 10_000, popularity: "zipf" },
    prepare: null,
    lanes: { trivial: "/ping" },
    observe: { prometheus: "/metrics", pids: [] },
    budgets: world.budgets,
    thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, notice: "ticket OPS-1234" } },
    cleanup: { stores: [{ kind: "http", path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" }] },
    variables: {},
  };
}

export function scheduleOf({ requests, steps }: Simulation): ScheduleTotals {
  const perOperation: Record<string, number> = {};
  for (const { operation } of requests) perOperation[operation.name] = (perOperation[operation.name] ?? 0) + 1;
  return {
    requests: requests.length,
    writes: requests.filter((request) => request.operation.kind === "write").length,
    perStep: steps.map((step) => step.tally?.due ?? 0),
    perOperation,
    hash: "0123456789abcdef",
  };
}
