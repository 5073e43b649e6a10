import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { monotonicUs } from "../measure/clock.ts";
import type { RunFile } from "../model/run.ts";
import { walkSchedule } from "../pace/schedule.ts";
import { readRecord } from "../record/reader.ts";
import { RunRecorder } from "../record/recorder.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { Coordinator } from "./coordinator.ts";

let dir: string;
let server: Server;
let setUps: Set<string>;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-coordinator-"));
  setUps = new Set();
  server = createServer((request, reply) => {
    setUps.add(String(request.headers["x-setup"]));
    request.resume();
    // Longer than the lead of a step, so that the last replies of one come while the next one is going on.
    setTimeout(() => reply.end('{"id":"a"}'), 400);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

/** Runs a scenario, given as the text of its load and its journeys, in two threads, and reads what was recorded. */
async function recorded(load: string, journeys = "{}") {
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const path = join(dir, "s.mjs");
  const users = `{ name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) }`;
  const get = `{ kind: "read", weight: 1, request: (_, at) => ({ path: "/", headers: { "x-setup": at.setup.token } }) }`;
  writeFileSync(
    path,
    `export default { name: "s", target: "${target}", load: ${load}, users: ${users}, operations: { get: ${get} }, journeys: ${journeys} };`,
  );
  const plan = makePlan(await loadScenario(path), { workers: 2 });
  const steps = plan.steps.map((step) => ({ ...step, startUs: null, endUs: null, drainedUs: null, tally: null }));
  const run: RunFile = { ...recordOf().run, plan, schedule: walkSchedule(plan), steps, totals: {}, ended: null };
  const recorder = new RunRecorder(join(dir, "run"), run);
  const startedUs = monotonicUs();
  const coordinator = new Coordinator({
    plan,
    runId: run.runId,
    recorder,
    startedUs,
    nowUs: () => monotonicUs() - startedUs,
    setup: { token: "from-setup" },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onThread: () => undefined,
    onWritten: () => undefined,
  });
  const ended = await coordinator.run();
  recorder.close();
  return { record: await readRecord(recorder.dir), ended, taken: coordinator.takenHash() };
}

it("begins each stage at the very instant at which the one before it ends, while that is still being drained", async () => {
  const stages = `[{ multiple: 1, ramp: "1s" }, { multiple: 1, hold: "1s" }, { multiple: 2, hold: "1s" }]`;
  const { record, ended, taken } = await recorded(`{ peak: { ratePerSec: 40 }, stages: ${stages}, warmup: "0s" }`);
  expect(ended.how).toBe("finished");
  expect(taken).toBe(record.run.schedule.hash);
  const { steps } = record.run;
  expect(steps.map(({ role, follows }) => [role, follows])).toEqual([
    ["ramp", undefined],
    ["step", true],
    ["step", true],
  ]);
  const [first, ...others] = steps;
  expect(others.map(({ startUs }) => startUs! - first!.startUs!)).toEqual([1_000_000, 2_000_000]);
  expect(steps.map(({ tally }) => tally!.due)).toEqual(record.run.schedule.perStep);
  expect(steps.every(({ tally }) => tally!.ok === tally!.due)).toBe(true);
  expect(steps.every(({ endUs, drainedUs }) => drainedUs! > endUs!)).toBe(true);
  expect(first!.drainedUs).toBeLessThan(others[0]!.endUs!);
  expect(record.events.filter(({ event }) => event === "drained")).toHaveLength(1);
  expect(record.latency.get("s2.*.firstByte.*")?.count).toBe(steps[2]!.tally!.done);
  expect(setUps).toEqual(new Set(["from-setup"]));

  // Little's law over the whole chain, counted by its last step.
  expect(steps.map(({ tally }) => tally!.occupancy !== undefined)).toEqual([false, false, true]);
  const { inFlightUs, residenceUs } = steps[2]!.tally!.occupancy!;
  expect(residenceUs).toBeGreaterThan(record.run.schedule.requests * 400_000);
  expect(Math.abs(inFlightUs - residenceUs) / residenceUs).toBeLessThan(0.001);
});

it("goes on where a ramp's few first requests have no answer, and gives up where a whole step has none", async () => {
  let refused = 0;
  let most = 5;
  server.removeAllListeners("request");
  server.on("request", (request, reply) => {
    refused += 1;
    if (refused <= most) request.socket.destroy();
    else reply.end("{}");
  });
  // 0 to 10/s within a second are five requests.
  const stages = `[{ multiple: 1, ramp: "1s" }, { multiple: 1, hold: "1s" }]`;
  const load = `{ peak: { ratePerSec: 10 }, pace: "uniform", stages: ${stages}, warmup: "0s" }`;
  const { record, ended } = await recorded(load);
  expect(ended.how).toBe("finished");
  expect(record.run.steps.map(({ tally }) => [tally!.failed, tally!.ok])).toEqual([
    [5, 0],
    [0, 10],
  ]);
  rmSync(join(dir, "run"), { recursive: true });
  most = Number.POSITIVE_INFINITY;
  await expect(recorded(load)).rejects.toThrow("no valid answer to any of the 10 requests at 1x");
});

it("says once what a journey's function threw, whichever thread it threw in", async () => {
  const journeys = `{ visit: { weight: 9, cookies: false, steps: [{ operation: "get", carry: () => { throw new Error("no token") } }] } }`;
  const { record } = await recorded(`{ peak: { ratePerSec: 40 }, multiples: [1], hold: "1s", warmup: "0s" }`, journeys);
  const texts = record.events.flatMap((event) => (event.event === "warning" ? [event.text] : []));
  expect(texts).toEqual(["carry of the journey visit failed, and may have again (journey:visit): no token"]);
});

it("adds up the journeys of all threads", async () => {
  const journeys = `{ visit: { weight: 3, cookies: false, steps: [{ operation: "get" }, { operation: "get", think: "100ms" }] } }`;
  const { record, taken } = await recorded(`{ peak: { ratePerSec: 40 }, multiples: [1], hold: "2s", warmup: "0s" }`, journeys);
  const { visit } = record.run.steps[0]!.tally!.journeys!;
  expect(taken).toBe(record.run.schedule.hash);
  expect(visit!.completed + visit!.cut).toBe(visit!.started);
  expect(visit!.completed).toBeGreaterThan(visit!.cut);
  expect(record.series.reduce((sum, { due }) => sum + due, 0)).toBe(record.run.steps[0]!.tally!.due);
});
