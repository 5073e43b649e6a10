import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { readJournals } from "../record/journal-reader.ts";
import { Journal } from "../record/journal.ts";
import { Preparation, type PrepareResult } from "./prepare.ts";
import { RequestBuilder } from "./requests.ts";
import { Sender } from "./sender.ts";

const noProblem = (path: string, problem: string): never => expect.unreachable(`${path}: ${problem}`);

let dir: string;
let server: Server;
/** Users created, and how each request is answered. */
let created: string[];
let statusOf: (user: string) => number;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-prepare-"));
  created = [];
  statusOf = () => 201;
  server = createServer((request, reply) => {
    const user = request.url ?? "";
    reply.statusCode = statusOf(user);
    if (reply.statusCode === 201) created.push(user);
    request.resume();
    reply.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

async function prepare(worker: number, workers: number, count: number): Promise<PrepareResult> {
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scenario: ScenarioInput = {
    name: "t",
    target,
    load: { peak: { ratePerSec: 1 }, multiples: [1], hold: "1s" },
    users: { name: "people", pool: count, popularity: "zipf", user: (_, index) => ({ id: `u${index}` }) },
    operations: { make: { kind: "write", weight: 0, request: (user) => ({ method: "PUT", path: `/${user.id}` }) } },
  };
  const connections = { ...plainNetwork, policy: "keep-alive", max: 50, deadlineUs: 2_000_000 } as const;
  const plan = {
    workers,
    prepare: { create: "make", count },
    seed: 1,
    targets: [target],
    operations: [{ name: "make", kind: "write", weight: 0 }],
    journeys: [],
    connections,
  } as unknown as RunPlan;
  const journal = new Journal(join(dir, `journal-${worker}.ndjson`), (fault) => expect.unreachable(fault.message));
  const results: PrepareResult[] = [];
  const sender: Sender = new Sender({
    plan,
    maxConnections: 50,
    operations: Object.values(scenario.operations),
    seconds: new SecondMeter(),
    nowUs: monotonicUs,
    connected: () => undefined,
    review: () => undefined,
    settled: (flight) => preparation.settled(flight),
    sample: () => undefined,
  });
  const builder = new RequestBuilder(scenario, { runId: "run", plan, setup: undefined });
  const preparation: Preparation = new Preparation({
    plan,
    worker,
    builder,
    sender,
    journal,
    done: (result) => results.push(result),
  });
  while (results.length === 0) {
    preparation.tick(monotonicUs());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await journal.close();
  return results[0]!;
}

it("creates every user once, however many workers share them, and journals each", async () => {
  const results = await Promise.all([prepare(0, 2, 501), prepare(1, 2, 501)]);
  expect(results.map((result) => result.ok)).toEqual([251, 250]);
  expect(new Set(created).size).toBe(501);
  const journals = await readJournals(
    [0, 1].map((worker) => join(dir, `journal-${worker}.ndjson`)),
    noProblem,
  );
  expect(journals).toMatchObject({ intents: 501, created: 501, unknown: 0 });
});

it("tries a refused row again, as a new attempt in the journal", async () => {
  const refused = new Set(["/u3", "/u7"]);
  statusOf = (user) => (refused.delete(user) ? 503 : 201);
  expect(await prepare(0, 1, 20)).toMatchObject({ ok: 20, failed: 0 });
  expect(await readJournals([join(dir, "journal-0.ndjson")], noProblem)).toMatchObject({ intents: 22, created: 20, rejected: 2 });
});

it("gives up on a row that is refused every time, and says why", async () => {
  statusOf = (user) => (user === "/u5" ? 409 : 201);
  expect(await prepare(0, 1, 10)).toEqual({ ok: 9, failed: 1, errors: { "status:409": 1 } });
});

it("is called off once too many rows have been given up on, and journals what was never sent", async () => {
  statusOf = () => 500;
  const result = await prepare(0, 1, 1_000);
  expect(result.ok).toBe(0);
  expect(result.failed).toBeLessThan(40);
  const journal = await readJournals([join(dir, "journal-0.ndjson")], noProblem);
  expect(journal.unsent).toBeGreaterThan(0);
  expect(journal.unknown + journal.unsent).toBe(journal.intents);
});
