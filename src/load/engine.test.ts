import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Buckets } from "../measure/buckets.ts";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { JournalHeader, JournalLine } from "../model/journal.ts";
import { plainNetwork, type RunPlan, type StepPlan } from "../model/plan.ts";
import type { JourneyTally, Occupancy } from "../model/run.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { walkSchedule } from "../pace/schedule.ts";
import { Journal } from "../record/journal.ts";
import { Engine } from "./engine.ts";
import { loadCookies } from "./journey-session.ts";
import { RequestBuilder } from "./requests.ts";
import type { RunningStep } from "./running-step.ts";
import { Sender } from "./sender.ts";

let dir: string;
let server: Server;
let seen: string[];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-engine-"));
  seen = [];
  server = createServer((request, reply) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    reply.end('{"id":"made"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

const step: StepPlan = { index: 0, role: "step", multiple: 1, ratePerSec: 300, holdUs: 1_000_000 };

function setUp(deadlineUs = 2_000_000, changed: Partial<ScenarioInput> = {}) {
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scenario: ScenarioInput = {
    name: "t",
    target,
    load: { peak: { ratePerSec: 1 }, multiples: [1], hold: "1s" },
    users: { name: "people", pool: 100, popularity: "uniform", user: (_, index) => ({ id: `u${index}` }) },
    operations: {
      get: { kind: "read", weight: 3, request: (user, at) => ({ path: `/get/${user.id}/${at.index}` }) },
      put: {
        kind: "write",
        weight: 1,
        request: (user, at) => ({ method: "PUT", path: `/put/${user.id}/${at.index}` }),
        created: (reply) => reply.json.id,
      },
    },
    ...changed,
  };
  const plan = {
    ...({ target, targets: [target], seed: 4, pace: "poisson", workers: 1, steps: [step] } as const),
    journeys: Object.entries(scenario.journeys ?? {}).map(([name, { weight, steps }]) => {
      const operations = Object.keys(scenario.operations);
      return {
        name,
        weight,
        steps: steps.map(({ operation }) => ({ operation: operations.indexOf(operation), thinkUs: [0, 0] })),
      };
    }),
    operations: Object.entries(scenario.operations).map(([name, { kind, weight }]) => ({ name, kind, weight })),
    users: { name: "people", pool: 100, popularity: "uniform" },
    connections: { ...plainNetwork, policy: "keep-alive", max: 50, deadlineUs },
  } as unknown as RunPlan;
  const startedUs = monotonicUs();
  const nowUs = (): number => monotonicUs() - startedUs + 1;
  const seconds = new SecondMeter();
  const journal = new Journal(join(dir, "journal-0.ndjson"), (fault) => expect.unreachable(fault.message));
  const done: (RunningStep & { occupancy: Occupancy | null })[] = [];
  const sender: Sender = new Sender({
    plan,
    maxConnections: 20,
    operations: Object.values(scenario.operations),
    seconds,
    nowUs,
    connected: (phases) => engine.connected(phases),
    review: (flight) => engine.review(flight),
    settled: (flight) => engine.settled(flight),
    sample: () => undefined,
  });
  const builder = new RequestBuilder(scenario, { runId: "run", plan, setup: undefined });
  const engine: Engine = new Engine({
    plan,
    scenario,
    worker: 0,
    builder,
    sender,
    journal,
    seconds,
    stepDone: (running, occupancy) => void done.push(Object.assign(running, { occupancy })),
    trouble: ({ text }) => expect.unreachable(text),
  });
  const runUntil = async (over: () => boolean): Promise<void> => {
    while (!over()) {
      engine.tick(nowUs());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  return { plan, engine, journal, sender, seconds, done, nowUs, runUntil };
}

function journalLines(): JournalLine[] {
  const text = readFileSync(join(dir, "journal-0.ndjson"), "utf8").trimEnd();
  const lines = text.split("\n").map((line) => JSON.parse(line) as JournalLine | JournalHeader);
  return lines.filter((line) => line.k !== "v");
}

it("sends every arrival of the schedule once, on time, and reports its hash", async () => {
  const { plan, engine, done, runUntil, nowUs, journal } = setUp();
  engine.begin(step, nowUs() + 100_000);
  await runUntil(() => done.length > 0);
  await journal.close();
  const totals = walkSchedule(plan);
  const tallies = done[0]!.meter.tallies;
  expect(done[0]!.hash.digest()).toBe(totals.hash);
  expect(tallies.map((tally) => tally.ok)).toEqual([totals.perOperation["get"], totals.perOperation["put"]]);
  expect(seen).toHaveLength(totals.requests);
  expect(new Set(seen).size).toBe(totals.requests);
  expect(tallies[0]!.due).toBe(tallies[0]!.dispatched);
});

it("meters where the time of connections and replies went, and accounts for it twice", async () => {
  const { plan, engine, done, runUntil, nowUs } = setUp();
  engine.begin(step, nowUs() + 100_000);
  await runUntil(() => done.length > 0);
  const counts = new Map(done[0]!.meter.meteredPhases().map(({ phase, buckets }) => [phase, buckets.count]));
  expect([...counts.keys()]).toEqual(["tcp", "firstByte", "body"]);
  const { inFlightUs, residenceUs } = done[0]!.occupancy!;
  expect(residenceUs).toBeGreaterThan(walkSchedule(plan).requests * 50);
  expect(Math.abs(inFlightUs - residenceUs) / residenceUs).toBeLessThan(0.001);
});

it("journals the intent of every write before it is sent, and its outcome after", async () => {
  const { plan, engine, done, runUntil, nowUs, journal } = setUp();
  const sawIntent: boolean[] = [];
  server.on("request", (request: { url?: string; method?: string }) => {
    if (request.method !== "PUT") return;
    const number = Number(request.url?.split("/").at(-1));
    sawIntent.push(journalLines().some((line) => line.k === "i" && line.n === number));
  });
  engine.begin(step, nowUs() + 100_000);
  await runUntil(() => done.length > 0);
  await journal.close();
  const writes = walkSchedule(plan).writes;
  expect(sawIntent).toEqual(Array.from({ length: writes }, () => true));
  expect(journalLines().filter((line) => line.k === "o" && line.r === "created" && line.id === "made")).toHaveLength(writes);
});

it("counts what falls due while nothing answers, and gives each up at its own deadline", async () => {
  server.removeAllListeners("request");
  const { plan, engine, done, runUntil, nowUs } = setUp(200_000);
  engine.begin(step, nowUs() + 100_000);
  await runUntil(() => done.length > 0);
  const { requests } = walkSchedule(plan);
  const tallies = done[0]!.meter.tallies;
  expect(tallies.reduce((sum, tally) => sum + tally.failed, 0)).toBe(requests);
  expect(tallies[0]!.done).toBe(0);
  expect(Object.keys(tallies[0]!.errors)).toEqual(["timeout:sent"]);
  // 300/s for 200 ms are three times the 20 connections: most requests waited for one, and that is no lag of ours.
  const p50 = (clock: string): number => {
    const buckets = new Buckets();
    for (const one of done[0]!.meter.metered()) if (one.clock === clock) buckets.mergeWhole(one.buckets.whole);
    return buckets.percentile(50);
  };
  expect(p50("wait")).toBeGreaterThan(50_000);
  // Lag is what this machine is late by, which a busy one may be by tens of milliseconds, but not by as much as that.
  expect(p50("lag")).toBeLessThan(p50("wait"));
});

it("loses no arrival of the second-by-second count when its loop stalls", async () => {
  const { plan, engine, done, runUntil, nowUs } = setUp();
  engine.begin(step, nowUs());
  const stalledUntilUs = nowUs() + 2_500_000;
  engine.tick(nowUs());
  await new Promise((resolve) => setTimeout(resolve, (stalledUntilUs - nowUs()) / 1_000));
  const before = engine.takeDue(0) + engine.takeDue(1);
  await runUntil(() => done.length > 0);
  expect(before + engine.takeDue(Math.floor(nowUs() / 1_000_000))).toBe(walkSchedule(plan).requests);
});

it("stops at once: what is under way is abandoned as unknown, what was journaled ahead is unsent", async () => {
  server.removeAllListeners("request");
  const { engine, sender, journal, runUntil, nowUs } = setUp();
  engine.begin(step, nowUs() + 50_000);
  const stopAtUs = nowUs() + 400_000;
  await runUntil(() => nowUs() > stopAtUs);
  engine.stop();
  sender.abortAll();
  await journal.close();
  const lines = journalLines();
  const outcomes = lines.filter((line) => line.k === "o").map((line) => line.r);
  expect(outcomes).toHaveLength(lines.filter((line) => line.k === "i").length);
  expect(new Set(outcomes)).toEqual(new Set(["unknown", "unsent"]));
  expect(sender.inFlight).toBe(0);
});

it("leads users on a journey with their cookies and what they were told, and tries again what is refused", async () => {
  server.removeAllListeners("request");
  const refused = new Set<string>();
  const bodies: string[] = [];
  server.on("request", (request: IncomingMessage, reply: ServerResponse) => {
    const { url = "", headers } = request;
    if (url.startsWith("/login")) reply.setHeader("set-cookie", "session=s1");
    else bodies.push(`${headers["cookie"]} ${url}`);
    if (url.startsWith("/order") && !refused.has(url)) {
      refused.add(url);
      reply.statusCode = 503;
    }
    request.resume();
    reply.end('{"token":"t1"}');
  });
  const { engine, done, runUntil, nowUs, journal, seconds } = setUp(2_000_000, {
    operations: {
      login: { kind: "read", weight: 0, request: () => ({ path: "/login" }) },
      order: {
        kind: "write",
        weight: 0,
        retry: { attempts: 2, backoff: "none" },
        request: (_, at) => ({ method: "PUT", path: `/order/${at.carried["token"]}/${at.index}` }),
      },
    },
    journeys: {
      visit: { weight: 1, steps: [{ operation: "login", carry: ({ json }) => ({ token: json.token }) }, { operation: "order" }] },
    },
  });
  await loadCookies({ journeys: { visit: { weight: 1, steps: [] } } });
  engine.begin(step, nowUs() + 50_000);
  await runUntil(() => done.length > 0);
  await journal.close();
  const { tallies, journeys } = done[0]!.meter;
  const [{ completed, cut, started }] = journeys as [JourneyTally];
  expect([completed > 200, completed + cut]).toEqual([true, started]);
  expect(tallies).toMatchObject([{ ok: started }, { due: completed, ok: completed, retried: { "status:503": completed } }]);
  expect(seconds.counts.retries).toBeGreaterThan(0);
  expect(bodies.every((body) => body.startsWith("session=s1 /order/t1/"))).toBe(true);
  const lines = journalLines();
  expect(lines.filter((line) => line.k === "i" && line.a === 2)).toHaveLength(completed);
  expect(lines).toHaveLength(4 * completed);
});
