import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startHttpServer, type Asked } from "../../test/http-server.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { Journal } from "../record/journal.ts";
import { scenarioOf } from "../scenario/loaded-scenario.fixture.ts";
import { makePlan } from "../scenario/plan.ts";
import { plannedCanaries } from "./canaries.ts";
import { sendCanary, type SentCanary } from "./send.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peakproof-canary-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const journalText = (): string => readFileSync(join(folder, "journal-0.ndjson"), "utf8");

/** Sends the one canary of a scenario; gives what the target was asked, too. */
async function sent(changes: Partial<ScenarioInput>, status = 200): Promise<SentCanary & { readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  await using server = await startHttpServer("h1", (request, reply) => {
    asked.push(request);
    reply.writeHead(request.method === "GET" ? 200 : status).end('{"id":"r-1"}');
  });
  const handshake = { hops: { log: { log: { file: "a.log", pattern: "{run}" } } } };
  const scenario = scenarioOf({ target: server.origin, handshake, ...changes });
  const plan = makePlan(scenario, {});
  const [canary] = plannedCanaries(plan, "run");
  const journal = new Journal(join(folder, "journal-0.ndjson"), (fault) => {
    throw fault;
  });
  const { signal } = new AbortController();
  const options = { plan, runId: canary!.runId, setup: undefined, journal, signal };
  const outcome = await sendCanary(scenario.input, canary!, options);
  await journal.close();
  return { ...outcome, asked };
}

const scan = { kind: "read", weight: 1, request: () => ({ path: "/scan" }) } as const;
const report = {
  kind: "write",
  weight: 1,
  request: () => ({ method: "POST", path: "/reports" }),
  created: (reply: { readonly json: { readonly id: string } }) => reply.json.id,
} as const;

it("journals the write, sends it, and then the reads, all as canaries of its own run", async () => {
  const { problem, createdId, asked } = await sent({ operations: { scan, report } });
  expect({ problem, createdId }).toEqual({ problem: null, createdId: "r-1" });
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /reports", "GET /scan"]);
  for (const { header } of asked) {
    expect(header("x-synthetic-run")).toBe("run-c1");
    expect(header("x-synthetic-purpose")).toBe("canary");
  }
  expect(journalText()).toMatch(/"k":"i".*"op":"report".*"p":"canary"[^]*"r":"created","id":"r-1"/);
});

it("numbers its requests as no arrival is, so that nothing that depends on the number comes twice", async () => {
  await sent({ operations: { scan, report } });
  expect(journalText()).toContain(`"n":${2 ** 32 - 1}`);
});

it("tells what became of a write that was not accepted, and sends no read then", async () => {
  const { problem, asked } = await sent({ operations: { scan, report } }, 503);
  expect(problem).toBe("failed: status:503");
  expect(asked).toHaveLength(1);
});

it("goes the journey of a write that is only reached there, or says why it was not reached", async () => {
  const operations = { scan: { ...scan, weight: 0 }, report: { ...report, weight: 0 } };
  const steps = [
    { operation: "scan", carry: () => ({ mayReport: true }) },
    { operation: "report", when: () => true },
  ];
  const reached = await sent({ operations, journeys: { visit: { weight: 1, steps } } });
  expect(reached).toMatchObject({ problem: null, createdId: "r-1" });
  rmSync(join(folder, "journal-0.ndjson"));
  const skipping = [{ operation: "scan" }, { operation: "report", when: () => false }];
  const { problem } = await sent({ operations, journeys: { visit: { weight: 1, steps: skipping } } });
  expect(problem).toBe('was not reached by the journey "visit": its when() left it out');
});
