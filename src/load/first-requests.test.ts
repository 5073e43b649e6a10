import { expect, it } from "vitest";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import { checkFirstRequests } from "./first-requests.ts";

function check(operations: ScenarioInput["operations"], rest: Partial<RunPlan> = {}, setup?: unknown): void {
  const input = {
    users: { name: "people", pool: 9, popularity: "uniform", user: (_, index) => ({ id: `u${index}` }) },
    operations,
  } as Partial<ScenarioInput> as ScenarioInput;
  const plan = {
    scenario: { path: "t.ts" },
    seed: 1,
    targets: ["http://127.0.0.1:1"],
    connections: { ...plainNetwork, policy: "keep-alive" },
    users: { pool: 9 },
    operations: Object.entries(operations).map(([name, { kind, weight }]) => ({ name, kind, weight })),
    journeys: [],
    prepare: null,
    ...rest,
  } as Partial<RunPlan> as RunPlan;
  checkFirstRequests(input, plan, setup);
}

const read = (request: Operation["request"], weight = 1): Operation => ({ kind: "read", weight, request });

it("says of every operation what is wrong with its requests, once", () => {
  const operations = {
    good: read(() => ({ path: "/" })),
    both: read(() => ({ path: "/", json: 1, body: "1" })),
    bad: read((user) => {
      throw new Error(user.id === "u8" ? "last" : "others");
    }),
  };
  expect(() => check(operations)).toThrow(
    [
      "t.ts makes requests that cannot be sent:",
      "  both: body: received both json and body; expected at most one of them; write json, or body for anything else",
      "  bad: its request function throws: others",
      "  bad: its request function throws: last",
    ].join("\n"),
  );
});

it("makes requests with what setup returned", () => {
  const operations = { get: read((_, at) => ({ path: `/${at.setup.token.slice(0, 3)}` })) };
  expect(() => check(operations, {}, { token: "abcd" })).not.toThrow();
  expect(() => check(operations)).toThrow("its request function throws");
});

it("cannot look at what only a journey's later requests are made of", () => {
  const needy = (weight: number) => ({
    login: read(() => ({ path: "/" }), 0),
    go: read((_, at) => ({ path: at.carried["next"].path }), weight),
  });
  const steps = [0, 1].map((operation) => ({ operation, thinkUs: [0, 0] as const }));
  const journeys = [{ name: "visit", weight: 1, steps }];
  expect(() => check(needy(0), { journeys })).not.toThrow();
  expect(() => check(needy(1), { journeys })).toThrow("go: its request function throws");
  expect(() => check(needy(0), { journeys: [{ ...journeys[0]!, steps: steps.toReversed() }] })).toThrow("go: its request");
});
