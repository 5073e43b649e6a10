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
  const text = describePlan({ scenario, plan, totals: walkSchedule(plan), others: [] });
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
      abort        errors > 99% for 30s (the default)
      record       about 1 MB
      cleanup      http: DELETE http://127.0.0.1:8460/synthetic/the-run

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
      handshake    none: nothing proves the tag before the load; a handshake in the scenario would
      abort        errors > 99% for 30s (the default)
      record       about 1 MB
      cleanup      http: DELETE http://127.0.0.1:8460/synthetic/the-run

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

it("shows what third parties are to get at each multiple, beside what was agreed", () => {
  const text = described({
    thirdParties: {
      bank: { callsPer: { buy: 2 }, limitPerSec: 150, notice: "OPS-1", meter: { prometheus: "bank_calls_total" } },
      mail: { callsPer: { look: 0.1 }, limitPerSec: 10, stubbed: true },
    },
    journeys: { visit: { weight: 1, steps: [{ operation: "look" }, { operation: "buy" }] } },
  });
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => line.includes("third party"));
  expect(lines.slice(begin, begin + 7)).toMatchInlineSnapshot(`
    [
      "  third party  multiple         calls/s    agreed/s",
      "  bank               1x              50         150   33.3 %",
      "  bank               2x             100         150   66.7 %",
      "  mail               1x              10          10    100 %",
      "  mail               2x              20          10   OVER",
      "  bank         told: OPS-1; counted by bank_calls_total",
      "  mail         a stand-in takes its place; not counted while the run goes on",
    ]
  `);
});

it("counts a third party's calls, and the journal of a record, over retries at their worst", () => {
  const retried = (retry: NonNullable<Operation["retry"]>): string =>
    described({
      load: { ...input.load, hold: "100s" },
      thirdParties: { bank: { callsPer: { buy: 2 }, limitPerSec: 50, notice: "OPS-1" } },
      operations: { buy: { kind: "write", weight: 1, request: () => ({ path: "/" }), retry } },
    });
  expect(retried({ attempts: 10 })).toMatch(/bank +2x +4,000 +50   OVER/);
  expect(retried({ attempts: 10, budget: 0.1 })).toMatch(/bank +2x +440 +50   OVER/);
  const megabytes = (text: string): number => Number(/about (\d+) MB/.exec(text)?.[1]);
  expect(megabytes(retried({ attempts: 10 })) - megabytes(retried({ attempts: 2 }))).toBeCloseTo((8 * 40_000 * 190) / 1e6, -1);
});

it("says where canaries will be looked for before the load", () => {
  const text = described({
    operations: { buy: { kind: "write", weight: 1, request: () => ({ path: "/" }) } },
    handshake: { hops: { store: { http: { path: "/synthetic/{run}" } }, log: { log: { file: "a.log", pattern: "{run}" } } } },
  });
  expect(text).toContain("\n  handshake    store, log; 1 canary\n");
});

it("says what is done to the target's calls, what stops the run, who is asked for the lease, and what is read back", () => {
  const buy: Operation = {
    kind: "write",
    weight: 1,
    request: () => ({ path: "/" }),
    readBack: (_user, { id }) => ({ path: `/${id ?? ""}` }),
  };
  const text = described({
    operations: { buy },
    tags: { run: "x-run" },
    writes: { readBack: 100, within: "2s", replay: 0.1 },
    safety: {
      abort: ["buy p99 > 1s for 5s", "errors > 5% for 5s"],
      ceilings: { writes: 10_000, duration: "5m" },
      lease: "/lease",
    },
    faults: {
      api: "http://127.0.0.1:8474",
      toxics: [
        { proxy: "bank", at: "5s", for: "2s", type: "latency", toxicity: 0.5, attributes: { latency: 500 } },
        { proxy: "bank", at: "8s", for: "1s", type: "reset_peer", stream: "upstream" },
      ],
    },
  });
  const lines = text.split("\n").filter((line) => /^ {2}(tags|fault|abort|at most|lease|read back|by| {10})/.test(line));
  expect(lines).toMatchInlineSnapshot(`
    [
      "  tags         x-run, x-synthetic-user, x-synthetic-purpose",
      "  fault        bank: latency (latency 500) downstream for 2 s after 5 s, 50 % of connections",
      "  fault        bank: reset_peer upstream for 1 s after 8 s",
      "               by http://127.0.0.1:8474",
      "  abort        buy p99 > 1s for 5s; errors > 5% for 5s",
      "  at most      writes 10,000, duration 5m",
      "  lease        PUT http://127.0.0.1:8460/lease, beside the one on this machine",
      "  read back    buy: some 100 writes within 2 s, at most 400 writes sent once more",
    ]
  `);
});

it("says that nothing stops the run by itself where its scenario has it so", () => {
  expect(described({ safety: { abort: [] } })).toContain("\n  abort        no rule stops it\n");
});
