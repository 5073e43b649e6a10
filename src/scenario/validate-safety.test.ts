import { describe, expect, it } from "vitest";
import type { ScenarioInput } from "../model/scenario.ts";
import { good, report } from "./good-scenario.fixture.ts";
import { describe as line } from "./input-fault.ts";
import { safetyParts } from "./safety-parts.ts";
import { scenarioFaults } from "./validate.ts";

const faultsOf = async (parts: object): Promise<string[]> => (await scenarioFaults({ ...good, ...parts })).map(line);
const toxic = { proxy: "lab", at: "10s", for: "5s", type: "latency", attributes: { latency: 500 } };
const http = { path: "/synthetic/{run}", field: "rows.store" };

describe("what keeps a run safe", () => {
  it("is accepted where it is whole", async () => {
    const hops = {
      store: { http },
      ledger: { postgres: { url: "env:DATABASE_URL", query: "SELECT count(*) FROM reports WHERE synthetic_run = $1" } },
      queue: { redis: { url: "env:REDIS_URL", stream: "checkins", field: "run" } },
      log: { log: { file: "/var/log/service.log", pattern: "run={run}" } },
      own: { seen: () => Promise.resolve(true) },
    };
    const readable = { ...report, readBack: () => ({ path: "/reports" }) };
    const parts = {
      operations: { report: readable },
      cleanup: { none: "a test" },
      handshake: { hops, within: "2s" },
      writes: { readBack: 100, within: "5s", replay: 0.1 },
      tags: { run: "x-load-run" },
      safety: { abort: ["errors > 50% for 5s"], ceilings: { writes: 1_000, duration: "10m" }, lease: "/lease" },
      faults: { api: "http://127.0.0.1:8474", toxics: [toxic] },
    };
    expect(await faultsOf(parts)).toEqual([]);
  });

  it.each([
    ["a hop of no known kind", { handshake: { hops: { store: { ftp: http } } } }, "handshake.hops.store"],
    [
      "a hop of two kinds",
      { handshake: { hops: { store: { http, seen: () => Promise.resolve(true) } } } },
      "handshake.hops.store",
    ],
    [
      "a log's pattern without the run",
      { handshake: { hops: { log: { log: { file: "f", pattern: "x" } } } } },
      "handshake.hops.log",
    ],
    [
      "a hop's token that is written out",
      { handshake: { hops: { s: { http: { ...http, token: "secret" } } } } },
      "handshake.hops.s",
    ],
    ["a handshake without a hop", { handshake: { hops: {} } }, "handshake.hops: received no hop"],
    [
      "a hop of an operation that is not there",
      { handshake: { hops: { s: { http, operations: ["repot"] } } } },
      'received "repot"',
    ],
    ["writes that nobody says how to read back", { writes: {} }, "writes: received no operation that can be read back"],
    ["a header with a blank", { tags: { run: "x run" } }, "tags.run"],
    [
      "a toxic that is none",
      { faults: { api: "http://127.0.0.1:1", toxics: [{ ...toxic, type: "latncy" }] } },
      "faults.toxics.0.type",
    ],
    ["a lease that is no path", { safety: { lease: "lease" } }, "safety.lease"],
    [
      "a share above 1",
      {
        writes: { replay: 2 },
        operations: { report: { ...report, readBack: () => ({ path: "/" }) } },
        cleanup: { none: "a test" },
      },
      "writes.replay",
    ],
  ])("is refused with %s", async (_, parts, words) => {
    const faults = await faultsOf(parts);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
  });
});

describe("as data", () => {
  const input = (parts: object) => ({ ...good, ...parts }) as unknown as ScenarioInput;

  it("a plan has nothing of what a scenario does not say", () => {
    expect(safetyParts(input({}))).toEqual({});
  });

  it("a hop passes all writes where it does not say which", () => {
    const operations = { ...good.operations, report: { kind: "write", weight: 1, request: () => ({ path: "/" }) } };
    expect(safetyParts(input({ operations, handshake: { hops: { store: { http } } } })).handshake).toEqual({
      hops: { store: { kind: "http", operations: ["report"] } },
      withinUs: 5_000_000,
    });
  });

  it("a toxic has its times in microseconds and what it does not say filled in", () => {
    expect(safetyParts(input({ faults: { api: "http://127.0.0.1:8474/", toxics: [toxic] } })).faults).toEqual({
      api: "http://127.0.0.1:8474",
      toxics: [
        {
          proxy: "lab",
          type: "latency",
          atUs: 10_000_000,
          forUs: 5_000_000,
          stream: "downstream",
          toxicity: 1,
          attributes: { latency: 500 },
        },
      ],
    });
  });
});
