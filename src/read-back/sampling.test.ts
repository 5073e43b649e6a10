import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHttpServer, type Asked, type HttpServer } from "../../test/http-server.ts";
import { Flight } from "../load/flight.ts";
import { RequestBuilder } from "../load/requests.ts";
import { monotonicUs } from "../measure/clock.ts";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import type { SampledWrite } from "./sampled-write.ts";
import { WriteSampling } from "./sampling.ts";

const pay: Operation = {
  kind: "write",
  weight: 1,
  request: (_, at) => ({ method: "POST", path: "/", headers: { "idempotency-key": `k${at.index}` }, json: { n: at.index } }),
  created: (reply) => reply.json.id,
  readBack: ({ id }) => ({ path: `/${id}` }),
};
const keyless: Operation = { ...pay, request: () => ({ method: "POST", path: "/" }) };
const operations = { pay, keyless };

let server: HttpServer;
let asked: Asked[];
let syncedUpTo: number;
let journaled: Record<string, unknown>[];
let sampling: WriteSampling;
let builder: RequestBuilder;

const journal = {
  intend: (line: object) => journaled.push({ k: "i", ...line }),
  settle: (line: object) => void journaled.push({ k: "o", ...line }),
  isSynced: (ticket: number) => ticket <= syncedUpTo,
};

beforeEach(async () => {
  asked = [];
  journaled = [];
  syncedUpTo = 0;
  server = await startHttpServer("h1", (one, reply) => {
    asked.push(one);
    reply.writeHead(200, { "content-type": "application/json" }).end('{"id":"again"}');
  });
  sampling = samplingOf({ readBack: 10, withinUs: 1, replay: 1 });
});
afterEach(async () => {
  sampling.stop();
  await server[Symbol.asyncDispose]();
});

function samplingOf(writes: NonNullable<RunPlan["writes"]>): WriteSampling {
  const plan = {
    seed: 1,
    targets: [server.origin],
    connections: { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs: 5_000_000 },
    operations: Object.keys(operations).map((name) => ({ name, kind: "write", weight: 1 })),
    writes,
  } as unknown as RunPlan;
  const users: ScenarioInput["users"] = { name: "people", pool: 9, popularity: "uniform", user: () => ({ id: "u" }) };
  builder = new RequestBuilder({ users, operations } as unknown as ScenarioInput, { runId: "run", plan, setup: undefined });
  return new WriteSampling({ plan, worker: 0, operations, perOperation: { pay: 20, keyless: 20 }, journal, nowUs: monotonicUs });
}

/** The load has sent a write, and its reply was judged. */
function settle(index: number, { operation = 0, outcome = "ok" }: Partial<Pick<Flight, "operation" | "outcome">> = {}): Flight {
  const built = builder.build(operation, 5, index, 0, "load", null);
  const flight = new Flight({
    built,
    operation,
    index,
    user: 5,
    step: 0,
    purpose: "load",
    dueUs: 1,
    dispatchedUs: 1,
    lagUs: 0,
    deadlineUs: 2,
    journey: -1,
    session: null,
    attempt: 1,
    wantsReply: false,
  });
  flight.outcome = outcome;
  flight.createdId = "first";
  flight.doneUs = 42;
  sampling.settled(flight);
  return flight;
}

/** What is chosen, once there is something. */
async function chosen(): Promise<readonly SampledWrite[]> {
  for (let tries = 0; tries < 500; tries++) {
    sampling.tick(monotonicUs());
    const report = sampling.take();
    if (report.chosen.length > 0) return report.chosen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("nothing was chosen");
}

describe("a load thread's writes", () => {
  it("are sent once more with the same bytes, after a further attempt was journaled and is on disk", async () => {
    const flight = settle(7);
    const line = { n: 7, op: "pay", p: "load", a: 2 };
    expect(journaled).toEqual([{ k: "i", ...line, u: 5, key: "k7" }]);
    for (let tick = 0; tick < 5; tick++) sampling.tick(monotonicUs());
    expect(sampling.takenUp).toEqual([0, 0]);
    syncedUpTo = 1;
    const [write] = await chosen();
    expect(write).toMatchObject({ operation: 0, index: 7, user: 5, id: "first", key: "k7", doneUs: 42, replay: { id: "again" } });
    expect(asked.map(({ header, body }) => [header("idempotency-key"), body, header("traceparent")?.split("-")[1]])).toEqual([
      ["k7", '{"n":7}', flight.built.traceId],
    ]);
    expect(journaled[1]).toEqual({ k: "o", ...line, r: "created", id: "again", s: 200 });
    expect(sampling.totals).toEqual({ sent: 1, ok: 1 });
    expect(sampling.takenUp).toEqual([1, 0]);
  });

  it("are only read back where they have no key", async () => {
    settle(3, { operation: 1 });
    expect(await chosen()).toMatchObject([{ operation: 1, key: undefined, replay: null }]);
    expect(journaled).toEqual([]);
  });

  it("that are not sent once more before the load ends are journaled as unsent, and read back", () => {
    settle(7);
    sampling.stop();
    expect(journaled.at(-1)).toEqual({ k: "o", n: 7, op: "pay", p: "load", a: 2, r: "unsent" });
    expect(sampling.take().chosen).toMatchObject([{ index: 7, replay: null }]);
  });

  it("count as accepted, chosen or not; what was not accepted is left alone", () => {
    sampling = samplingOf({ readBack: 10, withinUs: 1, replay: 0 });
    for (let index = 0; index < 1_000; index++) settle(index, { outcome: index % 2 === 0 ? "ok" : "rejected" });
    const { accepted, chosen: some } = sampling.take();
    expect(accepted).toEqual([500, 0]);
    expect(some.length).toBeGreaterThan(200);
    expect(some.length).toBeLessThan(300);
    expect(some.every(({ index }) => index % 2 === 0)).toBe(true);
    expect(sampling.take().chosen).toEqual([]);
    expect(sampling.totals).toBeNull();
  });
});
