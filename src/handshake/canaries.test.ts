import { expect, it } from "vitest";
import type { ScenarioInput } from "../model/scenario.ts";
import { runIdPattern } from "../model/tags.ts";
import { scenarioOf } from "../scenario/loaded-scenario.fixture.ts";
import { makePlan } from "../scenario/plan.ts";
import { canaryRunId, plannedCanaries, readsBeside, sendsWrites } from "./canaries.ts";

const request = () => ({ path: "/" });
const read = (weight: number) => ({ kind: "read", weight, request }) as const;
const write = (weight: number) => ({ kind: "write", weight, request }) as const;

function planOf(changes: Partial<ScenarioInput>) {
  return makePlan(scenarioOf({ handshake: { hops: { log: { log: { file: "a.log", pattern: "{run}" } } } }, ...changes }), {});
}

it("sends one for each write of the run, the one that prepares first, by itself or on its journey", () => {
  const plan = planOf({
    operations: { scan: read(1), report: write(1), unused: write(0), pay: write(0), citizen: write(0) },
    prepare: { create: "citizen", count: 10 },
    journeys: {
      unused: { weight: 0, steps: [{ operation: "scan" }, { operation: "unused" }] },
      visit: { weight: 1, steps: [{ operation: "scan" }, { operation: "pay" }] },
    },
  });
  expect(plannedCanaries(plan, "run")).toEqual([
    { number: 1, runId: "run-c1", operation: "citizen", index: 4, journey: null },
    { number: 2, runId: "run-c2", operation: "report", index: 1, journey: null },
    { number: 3, runId: "run-c3", operation: "pay", index: 3, journey: 1 },
  ]);
});

it("sends none without a handshake, though the run writes", () => {
  const plan = makePlan(scenarioOf(), {});
  expect(sendsWrites(plan)).toBe(true);
  expect(plannedCanaries(plan, "run")).toEqual([]);
});

it("sends beside it the reads of the run that need nothing carried to them", () => {
  const plan = planOf({
    operations: { look: read(1), unused: read(0), open: read(0), result: read(0), report: write(1) },
    journeys: { visit: { weight: 1, steps: [{ operation: "open" }, { operation: "result" }] } },
  });
  expect(readsBeside(plan).map((index) => plan.operations[index]?.name)).toEqual(["look", "open"]);
});

it("gives each a run id of its own, however long the run's is", () => {
  expect(canaryRunId("20261121-014233-9f3a01bc", 2)).toBe("20261121-014233-9f3a01bc-c2");
  const long = canaryRunId("r".repeat(48), 12);
  expect(long).toMatch(runIdPattern);
  expect(long).toMatch(/^r{44}-c12$/);
});
