import { expect, it } from "vitest";
import { citizens } from "../../generators/index.ts";
import { report, scan } from "../../scenarios/health-code/operations.ts";
import { newSession } from "../load/journey-session.ts";
import { RequestBuilder } from "../load/requests.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { makePlan } from "../scenario/plan.ts";
import { Schedule, type Shard } from "./schedule.ts";

const input: ScenarioInput = {
  name: "shared",
  target: ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"],
  load: {
    peak: { ratePerSec: 300 },
    stages: [
      { multiple: 1, hold: "1s" },
      { multiple: 3, ramp: "2s", hold: "1s" },
    ],
  },
  users: citizens({ pool: 1_000, popularity: "zipf" }),
  operations: { scan: { ...scan, weight: 3 }, report: { ...report, weight: 1 } },
  journeys: {
    visit: { weight: 2, cookies: false, steps: [{ operation: "scan" }, { operation: "report", think: ["1s", "2s"] }] },
  },
};

/** The bytes of every request that a worker would send, journeys' later ones included, with where and when. */
function sentBy(plan: RunPlan, shard: Shard): string[] {
  const builder = new RequestBuilder(input, { runId: "r1", plan, setup: undefined });
  const schedule = new Schedule(plan, shard);
  return plan.steps.flatMap((step) => {
    const texts: string[] = [];
    for (schedule.begin(step); schedule.next();) {
      const { index, dueUs, entry, user } = schedule;
      const journey = plan.journeys[entry - plan.operations.length];
      const operations = journey === undefined ? [entry] : journey.steps.map(({ operation }) => operation);
      for (const [at, operation] of operations.entries()) {
        const session = journey === undefined ? null : newSession(false);
        const { text } = builder.build(operation, user, index + at * 2 ** 32, dueUs, "load", session);
        texts.push(`${step.index} ${dueUs} ${text}`);
      }
    }
    return texts;
  });
}

it("gives 1, 2, 3 and 4 workers together the same requests, byte for byte, at the same instants", () => {
  const plan = makePlan({ path: "/tmp/shared.ts", hash: "0", input }, { seed: 7 });
  const alone = sentBy(plan, { index: 0, of: 1 }).toSorted();
  expect(new Set(alone).size).toBe(alone.length);
  expect(alone.length).toBeGreaterThan(2_000);
  for (const of of [2, 3, 4]) {
    const together = Array.from({ length: of }, (_, index) => sentBy(plan, { index, of })).flat();
    expect(together.toSorted()).toEqual(alone);
  }
});

it("gives another seed other requests", () => {
  const [one, other] = [7, 8].map((seed) => makePlan({ path: "/tmp/shared.ts", hash: "0", input }, { seed }));
  expect(sentBy(one!, { index: 0, of: 1 })[0]).not.toEqual(sentBy(other!, { index: 0, of: 1 })[0]);
});
