import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UndoCleanup } from "../../src/model/cleanup-rules.ts";
import type { AcceptedWrite, JournalIntent } from "../../src/model/journal.ts";
import type { StoreSettings } from "../../src/model/plan.ts";
import type { Operation, ScenarioInput } from "../../src/model/scenario.ts";
import type { SweepClock } from "../clock.ts";
import { emptyJournal, exampleRun } from "../example-run.ts";
import { StoreFault, totalRows } from "../store.ts";
import { planUndo, UndoStore } from "./store.ts";

/** What becomes of one request: done as asked, done and not answered, not done and not answered, or refused with a status. */
type Course = "done" | "lost" | "dropped" | "slow" | number;

/** A service that can delete one by one and knows no tag: ids by key. */
class Service {
  readonly rows = new Map<string, string | null>();
  readonly seen: { readonly line: string; readonly headers: IncomingMessage["headers"] }[] = [];
  readonly server: Server;
  retryAfter = "1";
  alwaysDone = false;
  courses: Course[] = [];

  constructor() {
    this.server = createServer((request, reply) => this.#answer(request, reply));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `DELETE /r/<id>`, `GET /r/<id>`, `GET /k/<key>`. */
  #answer(request: IncomingMessage, reply: ServerResponse): void {
    const line = `${request.method} ${request.url}`;
    this.seen.push({ line, headers: request.headers });
    const course = this.courses.shift() ?? "done";
    if (course === "dropped") return void request.socket.destroy();
    if (course === "slow") return;
    if (typeof course === "number") return void reply.writeHead(course, { "retry-after": this.retryAfter }).end("no");
    const [, kind, name = ""] = (request.url ?? "").split("/");
    const id = kind === "k" ? [...this.rows].find(([, key]) => key === name)?.[0] : this.rows.has(name) ? name : undefined;
    if (request.method === "DELETE" && id !== undefined) this.rows.delete(id);
    if (course === "lost") return void request.socket.destroy();
    const found = id !== undefined || (request.method === "DELETE" && this.alwaysDone);
    reply.writeHead(found ? 200 : 404).end(JSON.stringify({ id }));
  }
}

const runId = "20260101-abc";
const service = new Service();
beforeAll(() => once(service.server.listen(0, "127.0.0.1"), "listening"));
afterAll(() => {
  service.server.closeAllConnections();
  service.server.close();
});
beforeEach(() => {
  service.rows.clear();
  Object.assign(service, { retryAfter: "1", alwaysDone: false, courses: [] });
  service.seen.length = 0;
});

const undo = (id: string) => ({ method: "DELETE", path: `/r/${id}` });
const report: Operation = {
  kind: "write",
  weight: 1,
  request: () => ({ method: "POST", path: "/r" }),
  created: (reply) => reply.json.id as string | undefined,
  undo,
};
const readable: Operation = {
  ...report,
  readBack: ({ id, key }, user) => ({ path: id === undefined ? `/k/${key}` : `/r/${id}`, headers: { "x-who": user.id } }),
};

interface Given {
  readonly operations?: Readonly<Record<string, Operation>>;
  readonly accepted?: Readonly<Record<string, readonly Partial<AcceptedWrite>[]>>;
  /** Keys of writes whose outcome is not known; null: none was sent. */
  readonly open?: Readonly<Record<string, readonly (string | null)[]>>;
  /** Keys of accepted writes that were sent before with no known outcome. */
  readonly retried?: Readonly<Record<string, readonly string[]>>;
  readonly settings?: UndoCleanup;
  readonly clock?: SweepClock;
  readonly timeoutUs?: number;
  /** Of the run's scenario, this one among them. */
  readonly stores?: readonly StoreSettings[];
}

/** Waits pass at once. */
function fakeClock(): SweepClock & { readonly slept: number[] } {
  let us = 0;
  const slept: number[] = [];
  return {
    slept,
    nowUs: () => us,
    sleep: async (forUs, signal) => {
      signal?.throwIfAborted();
      slept.push(forUs);
      us += forUs;
    },
  };
}

function storeOf({
  operations = { report },
  accepted = {},
  open = {},
  retried = {},
  settings = {},
  clock = fakeClock(),
  timeoutUs,
  stores = [{ kind: "undo", ...settings }],
}: Given): UndoStore {
  const { origin } = service;
  const planned = Object.keys(operations).map((name) => ({ name, kind: "write", weight: 1 }) as const);
  const run = exampleRun({ runId, plan: { target: origin, targets: [origin], operations: planned, cleanup: { stores } } });
  const journal = {
    ...emptyJournal,
    accepted: async function* accept(name: string) {
      for (const write of accepted[name] ?? []) yield { id: null, key: null, user: 3, ...write };
    },
    open: async function* unknown(name: string): AsyncGenerator<JournalIntent> {
      for (const key of open[name] ?? [])
        yield { k: "i", n: 0, u: 7, op: name, p: "load", a: 1, ...(key === null ? {} : { key }) };
    },
    retried: async function* again(name: string): AsyncGenerator<JournalIntent> {
      for (const key of retried[name] ?? []) yield { k: "i", n: 0, u: 7, op: name, p: "load", a: 1, key };
    },
  };
  const users = {
    name: "people",
    pool: 10,
    popularity: "uniform",
    user: (seed: number, index: number) => ({ id: `u${seed}-${index}` }),
  };
  const scenario = async () => ({ operations, users }) as unknown as ScenarioInput;
  const context = { run, secret: null, journal, scenario, timeoutUs };
  return new UndoStore(settings, planUndo(settings, "undo", run.plan), context, clock);
}

async function removeAll(store: UndoStore, limit = 5): Promise<number> {
  let total = 0;
  for (;;) {
    const { deleted, remaining } = await store.remove(limit);
    expect(deleted).toBeLessThanOrEqual(limit);
    total += deleted;
    if (remaining === 0) return total;
  }
}

/** Ids r0, r1, ... of which the service holds each. */
function made(count: number): { id: string; key: string }[] {
  const writes = Array.from({ length: count }, (_, n) => ({ id: `r${n}`, key: `k${n}` }));
  for (const { id, key } of writes) service.rows.set(id, key);
  return writes;
}

describe("A sweep by the scenario's own undo", () => {
  it("sends one request for each created id, tagged as the run's sweep, and finds nothing by a second one", async () => {
    const store = storeOf({ accepted: { report: made(23) } });
    service.rows.set("other", null);
    await store.guard();
    expect(await store.look()).toEqual({ rows: { report: 23 }, untagged: null, tombstoned: null });
    expect(service.seen).toEqual([]);
    expect(await removeAll(store)).toBe(23);
    expect([...service.rows.keys()]).toEqual(["other"]);
    expect(service.seen).toHaveLength(23);
    expect(service.seen[0]?.headers).toMatchObject({ "x-synthetic-run": runId, "x-synthetic-purpose": "sweep" });
    expect(await store.look()).toEqual({ rows: { report: 0 }, untagged: null, tombstoned: null });
    expect(service.seen).toHaveLength(46);
    expect(store.untaggedRows()).toBeNull();
    await store.close();
  });

  it("reads back where it can, as the user who wrote", async () => {
    const store = storeOf({ operations: { report: readable }, accepted: { report: made(4) } });
    service.rows.delete("r1");
    expect((await store.look()).rows).toEqual({ report: 3 });
    expect(service.seen.map(({ headers }) => headers["x-who"])).toEqual(Array(4).fill("u1-3"));
    expect(await removeAll(store)).toBe(3);
    expect((await store.look()).rows).toEqual({ report: 0 });
    expect(service.seen.slice(-4).every(({ line }) => line.startsWith("GET"))).toBe(true);
    await store.close();
  });

  it("finishes one operation before it begins the next, in the order given", async () => {
    const operations = { first: report, second: report, third: report };
    const accepted = Object.fromEntries(
      Object.keys(operations).map((name) => [name, Array.from({ length: 9 }, (_, n) => ({ id: `${name}${n}` }))]),
    );
    for (const writes of Object.values(accepted)) for (const { id } of writes) service.rows.set(id, null);
    const store = storeOf({ operations, accepted, settings: { operations: ["third", "first"] } });
    expect(await removeAll(store, 7)).toBe(18);
    expect(service.seen.map(({ line }) => line.replace(/^DELETE \/r\/|\d+$/g, ""))).toEqual([
      ...Array(9).fill("third"),
      ...Array(9).fill("first"),
    ]);
    expect(service.rows.size).toBe(9);
    await store.close();
  });

  it("looks for writes whose outcome is not known, and undoes those that landed", async () => {
    made(3);
    const store = storeOf({ operations: { report: readable }, open: { report: ["k0", "k2", "k9"] } });
    expect(await store.look()).toEqual({ rows: { report: 2 }, untagged: null, tombstoned: null });
    expect(await removeAll(store)).toBe(2);
    expect([...service.rows.keys()]).toEqual(["r1"]);
    expect((await store.look()).rows).toEqual({ report: 0 });
    expect(service.seen.find(({ line }) => line.startsWith("GET /k"))?.headers["x-who"]).toBe("u1-7");
    await store.close();
  });

  it("asks by key for a second row of a write that was sent again, where it can", async () => {
    made(2);
    service.rows.set("twin", "k0");
    const accepted = {
      report: [
        { id: "r0", key: "k0" },
        { id: "r1", key: "k1" },
      ],
    };
    const store = storeOf({ operations: { report: readable }, accepted, retried: { report: ["k0", "k1"] } });
    expect((await store.look()).rows).toEqual({ report: 2 });
    await removeAll(store, 1);
    expect(await store.look()).toEqual({ rows: { report: 0 }, untagged: null, tombstoned: null });
    expect([...service.rows.keys()]).toEqual([]);
    await store.close();
    const blind = storeOf({ accepted, retried: { report: ["k0"] } });
    expect((await blind.look()).rows).toEqual({ report: 2 });
    await blind.close();
  });

  it("says how many writes of which operation it can neither find nor undo, which is no residue of 0", async () => {
    const store = storeOf({
      operations: { report, photo: readable },
      accepted: { report: [...made(1), {}, {}], photo: [{ key: "k7" }] },
      open: { report: ["k1"], photo: [null, "k8"] },
    });
    await removeAll(store);
    const state = await store.look();
    expect(state.rows).toEqual({ report: 0, photo: 0, unknown: 2, "without id": 2 });
    expect(state.unresolved).toMatchObject({ count: 4 });
    expect(state.unresolved?.problems).toEqual([
      expect.stringMatching(/^the outcome of 1 write of "report" is not known/),
      expect.stringMatching(/^2 accepted writes of "report" came without an id/),
      expect.stringMatching(/^the outcome of 1 write of "photo" is not known/),
    ]);
    await store.close();
  });

  it("names writes that no store can find, which is no residue of 0", async () => {
    const plain: Operation = { kind: "write", weight: 1, request: () => ({ path: "/r" }), created: () => "p1" };
    const given = {
      operations: { report, photo: plain },
      accepted: { report: made(1), photo: [{ id: "p1" }] },
      open: { photo: [null] },
    };
    const store = storeOf(given);
    expect(await removeAll(store)).toBe(1);
    expect(await store.look()).toMatchObject({
      rows: { report: 0, "without undo": 2 },
      unresolved: { count: 2, problems: [expect.stringMatching(/^2 writes of "photo", .* can neither be found nor removed/)] },
    });
    await store.close();
    const url = "postgres://h/d";
    const ids = (operation: string) => ({ name: "photos", ids: { operation, column: "id" } });
    for (const [beside, left] of [
      [{ kind: "http", path: "/synthetic/{run}" }, 0],
      [{ kind: "postgres", url, tables: ["photos"] }, 0],
      [{ kind: "postgres", url, tables: [ids("photo")] }, 0],
      [{ kind: "postgres", url, tables: [ids("report")] }, 2],
      [{ kind: "undo", operations: ["report"] }, 2],
    ] as const) {
      const among = storeOf({ ...given, stores: [{ kind: "undo" }, beside] });
      expect((await among.look()).unresolved?.count ?? 0, JSON.stringify(beside)).toBe(left);
      await among.close();
    }
  });

  it("does not take an undo that always succeeds for a proof", async () => {
    service.alwaysDone = true;
    const store = storeOf({ accepted: { report: made(2) } });
    await removeAll(store);
    expect(await store.look()).toMatchObject({
      rows: { report: 0, unknown: 2 },
      unresolved: { problems: [expect.stringContaining("could not be told")] },
    });
    await store.close();
  });

  it("says so where no undo found anything", async () => {
    const store = storeOf({ accepted: { report: [{ id: "a" }] } });
    expect(await removeAll(store)).toBe(0);
    expect((await store.look()).unresolved).toEqual({ count: 0, problems: [expect.stringContaining("no undo found anything")] });
    await store.close();
  });

  it("goes on after an id that the target refuses to delete, which stays a row", async () => {
    const store = storeOf({ accepted: { report: made(3) } });
    service.courses = [409];
    expect(await removeAll(store)).toBe(2);
    service.courses = [409, 409, 409];
    expect(await store.look()).toMatchObject({
      rows: { report: 3 },
      unresolved: { problems: [expect.stringContaining("(status 409)")] },
    });
    await store.close();
  });

  it("waits as long as it is told, and comes back", async () => {
    const clock = fakeClock();
    const store = storeOf({ accepted: { report: made(1) }, clock });
    Object.assign(service, { courses: [429, 503, 500], retryAfter: "7" });
    expect(await removeAll(store)).toBe(1);
    expect(clock.slept.filter((us) => us === 7_000_000)).toHaveLength(3);
    await store.close();
  });

  it.each([
    [401, "refused (status 401)"],
    [403, "refused (status 403)"],
  ])("stops at status %i", async (status, words) => {
    const store = storeOf({ accepted: { report: made(30) } });
    service.courses = Array(99).fill(status);
    await expect(store.remove(30)).rejects.toMatchObject({
      name: "StoreFault",
      kind: "usage",
      transient: false,
      message: expect.stringContaining(words),
    });
    expect(service.seen.length).toBeLessThanOrEqual(8);
    await store.close();
  });

  it("gives up a target that stays away, and takes up what it had begun", async () => {
    const store = storeOf({ accepted: { report: made(12) } });
    service.courses = Array(200).fill("dropped");
    await expect(store.remove(12)).rejects.toBeInstanceOf(StoreFault);
    service.courses = [];
    expect(await removeAll(store)).toBe(12);
    expect(totalRows((await store.look()).rows)).toBe(0);
    await store.close();
  });

  it("sends no more per second than it may", async () => {
    const clock = fakeClock();
    const store = storeOf({ accepted: { report: made(21) }, settings: { ratePerSec: 10 }, clock });
    await removeAll(store, 10);
    expect(clock.nowUs()).toBeGreaterThanOrEqual(2_000_000);
    await store.close();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("token=abcdefgh1234");
      },
      "could not be made",
    ],
    ["gives no request", () => ({ path: "no slash" }), "cannot be sent"],
  ])("is a fault of the scenario where undo %s", async (_what, own, words) => {
    const store = storeOf({ operations: { report: { ...report, undo: own } }, accepted: { report: made(1) } });
    const fault = await store.remove(1).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ name: "StoreFault", kind: "usage", message: expect.stringContaining(words) });
    expect(String(fault)).not.toContain("abcdefgh1234");
    await store.close();
  });

  it("is a fault where no operation has an undo", async () => {
    const plain: Operation = { kind: "write", weight: 1, request: () => ({ path: "/r" }) };
    for (const settings of [{}, { operations: ["report"] }]) {
      const store = storeOf({ operations: { report: plain }, settings });
      await expect(store.guard()).rejects.toMatchObject({ name: "StoreFault", kind: "usage" });
      await store.close();
    }
  });

  it("is planned for writes of the scenario only, at a rate that is no load", () => {
    const { plan } = exampleRun();
    expect(planUndo({ ratePerSec: 50 }, "undo", plan)).toEqual({
      name: "undo",
      kind: "undo",
      how: "the undo request of each operation that has one for each created id, at most 50 a second, to http://127.0.0.1:8460",
      secretFrom: null,
      batch: 50,
      rowsPerSec: 50,
    });
    for (const operations of [["scan"], ["none"], [], ["report", "report"]])
      expect(() => planUndo({ operations }, "undo", plan)).toThrow("write operations");
    for (const ratePerSec of [0, -1, Number.NaN, 10_001])
      expect(() => planUndo({ ratePerSec }, "undo", plan)).toThrow("ratePerSec");
  });

  it("leaves nothing of the run and all of the others, whatever becomes of its requests, and changes nothing a second time", async () => {
    const course = fc.constantFrom<Course>("done", "lost", "dropped", 429, 503, "done", "done");
    const world = fc.record({
      known: fc.integer({ min: 0, max: 15 }),
      unknown: fc.array(fc.boolean(), { maxLength: 8 }),
      courses: fc.array(course, { maxLength: 40 }),
      limit: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ known, unknown, courses, limit }) => {
        service.rows.clear();
        service.rows.set("other", "other");
        const accepted = { report: made(known) };
        for (const [n, landed] of unknown.entries()) if (landed) service.rows.set(`x${n}`, `x${n}`);
        const given = { operations: { report: readable }, accepted, open: { report: unknown.map((_, n) => `x${n}`) } };
        for (const some of [courses, []]) {
          service.courses = [...some];
          const store = storeOf(given);
          await removeAll(store, limit).catch((thrown: unknown) => {
            if (!(thrown instanceof StoreFault)) throw thrown;
          });
          await store.close();
        }
        expect([...service.rows.keys()]).toEqual(["other"]);
        const store = storeOf(given);
        expect((await store.look()).rows).toEqual({ report: 0 });
        expect(await removeAll(store, limit)).toBe(0);
        expect([...service.rows.keys()]).toEqual(["other"]);
        await store.close();
      }),
      { numRuns: 40 },
    );
  });

  it("counts what it removed though the reply was lost or late", async () => {
    const store = storeOf({ accepted: { report: made(3) }, timeoutUs: 150_000 });
    service.courses = ["lost", "slow", "lost"];
    expect(await removeAll(store)).toBe(3);
    expect(service.rows.size).toBe(0);
    await store.close();
  });
});
