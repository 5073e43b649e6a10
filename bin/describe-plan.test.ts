import { expect, it } from "vitest";
import type { Operation, ScenarioInput } from "../src/model/scenario.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import type { PlanOverrides } from "../src/scenario/overrides.ts";
import { makePlan } from "../src/scenario/plan.ts";
import { version } from "../src/version.ts";
import { describePlan } from "./describe-plan.ts";

const input: ScenarioInput = {
  name: "shop",
  target: "http://127.0.0.1:8460",
  load: { peak: { ratePerSec: 100 }, multiples: [1, 2], hold: "10s", pace: "uniform" },
  users: { name: "people", pool: 10, popularity: "uniform", user: () => ({ id: "u1" }) },
  operations: {
    look: { kind: "read", weight: 3, request: () => ({ path: "/" }) },
    buy: { kind: "write", weight: 0, request: () => ({ path: "/" }) },
  },
  cleanup: { http: { path: "/synthetic/{run}" } },
};

function described(changes: Partial<ScenarioInput> = {}, overrides: PlanOverrides = {}): string {
  const scenario = { path: "/tmp/shop.ts", hash: "0", input: { ...input, ...changes } };
  const plan = makePlan(scenario, { warmupUs: 0, ...overrides });
  const text = describePlan({ scenario, plan, totals: walkSchedule(plan), token: null });
  return text.replace(version, "<version>").replace(/schedule [\da-f]{16}/, "schedule <hash>");
}

it("says rates, totals, writes, the size of the record, and that nothing was sent", () => {
  expect(described()).toMatchInlineSnapshot(`
    "peakproof <version>: shop -> http://127.0.0.1:8460
      seed 1, schedule <hash>, uniform arrivals, 1 worker, at most 2,000 connections

      step         multiple            rate      hold    arrivals
      step               1x           100/s      10 s        1000
      step               2x           200/s      10 s        2000
      repeat             1x           100/s      10 s        1000

      total        4,000 requests, 0 writes in 30 s and what draining takes
      look         read   4,000 requests
      buy          write  0 requests
      record       about 1 MB
      cleanup      DELETE http://127.0.0.1:8460/synthetic/{run}

      Nothing was sent."
  `);
});

it("shows ramps from where to where, and journeys with their think times and their share", () => {
  const text = described({
    load: {
      peak: { ratePerSec: 100 },
      pace: "uniform",
      stages: [
        { multiple: 2, ramp: "10s", hold: "10s" },
        { multiple: 0, ramp: "5s" },
      ],
    },
    journeys: {
      visit: {
        weight: 1,
        steps: [
          { operation: "look" },
          { operation: "buy", think: ["1s", "3s"], when: () => true },
          { operation: "look", think: "1s" },
          { operation: "look" },
        ],
      },
    },
  });
  expect(text).toMatchInlineSnapshot(`
    "peakproof <version>: shop -> http://127.0.0.1:8460
      seed 1, schedule <hash>, uniform arrivals, 1 worker, at most 2,000 connections

      step         multiple            rate      hold    arrivals
      ramp         0x to 2x      0 to 200/s      10 s        1000
      step               2x           200/s      10 s        2000
      ramp         2x to 0x      200 to 0/s       5 s         500

      total        at most 6,176 requests, at most 892 writes in 25 s and what draining takes
      look         read   5,284 requests
      buy          write  892 requests
      visit        journey, 25 % of arrivals: look, then after 1 s to 3 s perhaps buy, then after 1 s look, then look
      record       about 1 MB
      cleanup      DELETE http://127.0.0.1:8460/synthetic/{run}

      Nothing was sent."
  `);
});

it("says how the targets are reached, where that is not as it comes", () => {
  const connections: ScenarioInput["connections"] = {
    protocol: "h2",
    proxy: "http://127.0.0.1:3128",
    host: "shop.example",
    tls: { serverName: "shop.example", cert: "c.pem", key: "k.pem" },
  };
  const flags = {
    target: ["https://a.example", "https://b.example"],
    insecure: true,
    sourceAddresses: ["127.0.0.2", "127.0.0.3"],
  };
  const lines = described({ connections }, { ...flags, resolve: { "a.example:443": "127.0.0.1" } }).split("\n");
  expect(lines.slice(0, lines.indexOf(""))).toMatchInlineSnapshot(`
    [
      "peakproof <version>: shop -> https://a.example, https://b.example in equal parts",
      "  seed 1, schedule <hash>, uniform arrivals, 1 worker, at most 2,000 connections",
      "  protocol     HTTP/2",
      "  tls          INSECURE: certificates are not verified, as /tmp/c.pem",
      "  server name  shop.example",
      "  host         shop.example",
      "  proxy        http://127.0.0.1:3128",
      "  resolve      a.example:443 is 127.0.0.1",
      "  from         127.0.0.2, 127.0.0.3",
    ]
  `);
});

it("says what retries come to at worst", () => {
  const { look } = input.operations;
  const retried = (budget?: number): string =>
    described({ operations: { look: { ...look!, retry: { attempts: 3, ...(budget === undefined ? {} : { budget }) } } } });
  expect(retried()).toContain(
    "look         up to 3 attempts each\n  retries      at worst 8,000 requests more, 3 times the load",
  );
  expect(retried(0.1)).toContain(
    "retries at most 10 % of first attempts\n  retries      at worst 400 requests more, 1.1 times the load",
  );
});

it("counts a third party's calls over operations and journeys", () => {
  const text = described({
    thirdParties: { bank: { callsPer: { buy: 2 }, limitPerSec: 50, notice: "OPS-1" } },
    journeys: { visit: { weight: 1, steps: [{ operation: "look" }, { operation: "buy" }] } },
  });
  expect(text).toContain("bank         third party: up to 100 calls/s of 50/s agreed (OPS-1)");
});

it("counts a third party's calls, and the journal of a record, over retries at their worst", () => {
  const retried = (retry: NonNullable<Operation["retry"]>): string =>
    described({
      load: { ...input.load, hold: "100s" },
      thirdParties: { bank: { callsPer: { buy: 2 }, limitPerSec: 50, notice: "OPS-1" } },
      operations: { buy: { kind: "write", weight: 1, request: () => ({ path: "/" }), retry } },
    });
  expect(retried({ attempts: 10 })).toContain("up to 4000 calls/s");
  expect(retried({ attempts: 10, budget: 0.1 })).toContain("up to 440 calls/s");
  const megabytes = (text: string): number => Number(/about (\d+) MB/.exec(text)?.[1]);
  expect(megabytes(retried({ attempts: 10 })) - megabytes(retried({ attempts: 2 }))).toBeCloseTo((8 * 40_000 * 190) / 1e6, -1);
});
