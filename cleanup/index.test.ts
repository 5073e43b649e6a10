import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CleanupEntry, SyntheticState } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { CleanupRules } from "../src/model/scenario.ts";
import { exampleJournal, exampleRun } from "./example-run.ts";
import { InMemoryTarget, type Misbehaviour } from "./in-memory-target.ts";
import { cleanUp, isIncomplete, readBaseline, type SweepClock } from "./index.ts";

const runId = "20260101-abc";
let target: InMemoryTarget;
beforeAll(async () => (target = await InMemoryTarget.start()));
afterAll(() => target.stop());
afterEach(() => target.reset());

/** Waits pass at once and are counted; `onSettle` happens during the n-th settle time, where late rows land. */
function fakeClock(onSettle: (settled: number) => void = () => {}): SweepClock {
  let us = 0;
  let settled = 0;
  return {
    nowUs: () => us,
    sleep: async (sleptUs, signal) => {
      us += sleptUs;
      if (sleptUs === settleUs) onSettle(++settled);
      signal?.throwIfAborted();
    },
  };
}
/** An odd figure, so that the fake clock can tell it from a back-off. */
const settleUs = 1_234_567;

interface Given {
  readonly journal?: Partial<JournalTotals>;
  readonly baseline?: SyntheticState | null;
  readonly cleanup?: CleanupRules | null;
  readonly dryRun?: boolean;
  readonly token?: string;
  readonly clock?: SweepClock;
  readonly signal?: AbortSignal;
  readonly timeoutUs?: number;
}

const http: CleanupRules = {
  http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN", batch: 10, settle: `${settleUs}us` },
};
const theRun = (cleanup: CleanupRules | null = http) => exampleRun({ runId, plan: { admin: target.admin, cleanup } });

function clean({
  journal = {},
  baseline = null,
  cleanup,
  token = target.token,
  dryRun = false,
  ...rest
}: Given = {}): Promise<CleanupEntry> {
  const run = theRun(cleanup);
  return cleanUp({ run, journal: exampleJournal(journal), baseline, token, dryRun, clock: fakeClock(), ...rest });
}

const baselineOf = (): Promise<SyntheticState | null> => readBaseline({ run: theRun(), token: target.token, clock: fakeClock() });

/** People's rows, the baseline, then the run's rows: how every run begins. */
async function afterRun(rows = 25): Promise<SyntheticState | null> {
  target.add(40, null);
  target.add(5, "another-run");
  const baseline = await baselineOf();
  target.add(rows - 6, runId);
  target.add(3, runId, "cache");
  target.add(3, runId, "queue");
  return baseline;
}

describe("cleanUp", () => {
  it("removes every row of the run from every place, touches no other, and proves it", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({
      before: { store: 19, cache: 3, queue: 3 },
      deleted: 25,
      batches: 3,
      residue: 0,
      untagged: "unchanged",
      untaggedAfter: { count: 40 },
      tombstoned: true,
      verified: true,
      problems: [],
    });
    expect([runId, "another-run", null].map((run) => target.rowsOf(run).length)).toEqual([0, 5, 40]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("is idempotent: a second time it deletes nothing and still verifies", async () => {
    const baseline = await afterRun();
    await clean({ baseline });
    expect(await clean({ baseline })).toMatchObject({ deleted: 0, residue: 0, verified: true, problems: [] });
  });

  it("only looks in a dry run", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline, dryRun: true });
    expect(entry).toMatchObject({ dryRun: true, before: { store: 19 }, deleted: 0, residue: null, verified: false });
    expect(target.seen.every(({ method }) => method === "GET")).toBe(true);
    expect(target.rowsOf(runId)).toHaveLength(25);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("sweeps again what landed after the first sweep", async () => {
    const baseline = await afterRun();
    const clock = fakeClock((settled) => settled === 1 && target.add(4, runId));
    expect(await clean({ baseline, clock })).toMatchObject({ deleted: 29, residue: 0, verified: true });
  });

  it("stops chasing rows that keep landing, and says so", async () => {
    const baseline = await afterRun();
    const entry = await clean({ baseline, clock: fakeClock(() => target.add(1, runId)) });
    expect(entry).toMatchObject({ residue: 1, verified: false });
    expect(entry.problems.join(" ")).toContain("rows kept landing after 3 sweeps");
    expect(isIncomplete(entry)).toBe(true);
  });

  it("is patient with a target that is busy at first", async () => {
    const baseline = await afterRun();
    const first = target.seen.length;
    target.interfere = (number) =>
      number < first + 4 ? { kind: "reply", status: 503, body: "busy", headers: { "retry-after": "1" } } : undefined;
    expect(await clean({ baseline })).toMatchObject({ deleted: 25, verified: true, problems: [] });
  });

  it("counts right and verifies although replies to deletes are lost", async () => {
    const baseline = await afterRun();
    target.interfere = (number, { method }) => (method === "DELETE" && number % 2 === 0 ? { kind: "act-then-drop" } : undefined);
    expect(await clean({ baseline })).toMatchObject({ deleted: 25, residue: 0, verified: true });
  });

  it.each<[string, Misbehaviour, string]>([
    ["garbage", { kind: "reply", status: 200, body: "<html>" }, "it is not JSON"],
    ["nothing, ever", { kind: "hang" }, "was not answered within 20 ms (6 attempts)"],
    ["a dropped connection, always", { kind: "drop" }, "failed"],
    ["errors, always", { kind: "reply", status: 500, body: "oops" }, "answered 500 (6 attempts)"],
    ["a redirect", { kind: "reply", status: 302, body: "" }, "redirects"],
    [
      "another run's state",
      { kind: "reply", status: 200, body: '{"run":"x","rows":{"a":0},"untagged":null,"tombstoned":true}' },
      'run is "x"',
    ],
  ])("turns %s into a problem, and claims nothing", async (_, misbehaviour, words) => {
    const baseline = await afterRun();
    target.interfere = () => misbehaviour;
    const entry = await clean({ baseline, timeoutUs: 20_000 });
    expect(entry).toMatchObject({ before: null, deleted: 0, residue: null, untagged: "not-checked", verified: false });
    expect(entry.problems.join(" ")).toContain(words);
    expect(isIncomplete(entry)).toBe(true);
  });

  it("names the variable when the token is refused", async () => {
    const entry = await clean({ baseline: await afterRun(), token: "wrong-token" });
    expect(entry.problems.join(" ")).toContain("PEAKPROOF_TOKEN");
    expect(JSON.stringify(entry)).not.toContain("wrong-token");
  });

  it("says so when the target removes nothing", async () => {
    const baseline = await afterRun();
    target.removable = () => [];
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ deleted: 0, residue: 25, untagged: "unchanged", verified: false });
    expect(entry.problems.join(" ")).toContain("25 rows left and no fewer");
  });

  it("does not claim what it saw before a sweep that failed halfway", async () => {
    const baseline = await afterRun();
    const first = target.seen.length;
    target.interfere = (number) => (number >= first + 2 ? { kind: "reply", status: 403, body: "" } : undefined);
    expect(await clean({ baseline })).toMatchObject({ deleted: 10, batches: 1, residue: null, verified: false });
  });

  it("stops when it is told to, and can be finished later", async () => {
    const baseline = await afterRun();
    const controller = new AbortController();
    const entry = await clean({ baseline, signal: controller.signal, clock: fakeClock(() => controller.abort()) });
    expect(entry).toMatchObject({
      residue: null,
      verified: false,
      problems: [expect.stringContaining("stopped before it was finished")],
    });
    expect(await clean({ baseline })).toMatchObject({ residue: 0, verified: true });
  });

  it("can be stopped while a call hangs", async () => {
    const baseline = await afterRun();
    const controller = new AbortController();
    target.interfere = () => {
      setImmediate(() => controller.abort());
      return { kind: "hang" };
    };
    expect((await clean({ baseline, signal: controller.signal })).problems).toEqual([expect.stringContaining("stopped before")]);
  });

  it("explains untagged rows that others changed, and does not call that incomplete", async () => {
    const baseline = await afterRun();
    target.add(2, null);
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(entry.problems).toEqual([expect.stringContaining("from 40 rows to 42 rows")]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("raises the alarm when a target's DELETE takes rows of real people", async () => {
    const baseline = await afterRun();
    target.removable = (rows, limit) => [...rows.slice(0, limit), ...target.rowsOf(null).slice(0, 1)];
    const entry = await clean({ baseline });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("admits that it could not check untagged rows without a baseline", async () => {
    await afterRun();
    const entry = await clean({ baseline: null });
    expect(entry).toMatchObject({ residue: 0, untagged: "not-checked", verified: false });
    expect(isIncomplete(entry)).toBe(false);
  });

  it("asks nobody where the journal holds no write, and calls that verified", async () => {
    const entry = await clean({ journal: { intents: 0, created: 0, unknown: 0 } });
    expect(entry).toMatchObject({ plan: { kind: "none" }, residue: 0, untagged: "not-checked", verified: true, problems: [] });
    expect(target.seen).toEqual([]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it("takes an author's word for not cleaning without calling it proof", async () => {
    const entry = await clean({ cleanup: { none: "rows expire" } });
    expect(entry).toMatchObject({
      residue: null,
      untagged: "not-checked",
      verified: false,
      problems: [expect.stringContaining("rows expire")],
    });
    expect(isIncomplete(entry)).toBe(false);
  });

  it("calls a run incomplete that wrote with no word about cleanup", async () => {
    const entry = await cleanUp({
      run: exampleRun({ plan: { cleanup: null } }),
      journal: exampleJournal(),
      baseline: null,
      token: null,
      dryRun: false,
    });
    expect(entry).toMatchObject({ residue: null, verified: false });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("tells how far it is", async () => {
    const baseline = await afterRun();
    const lines: string[] = [];
    const run = theRun();
    await cleanUp({
      run,
      journal: exampleJournal(),
      baseline,
      token: target.token,
      dryRun: false,
      clock: fakeClock(),
      onProgress: ({ phase, deleted, remaining }) => lines.push(`${phase} ${deleted} ${remaining}`),
    });
    expect(lines).toEqual(["look 0 null", "sweep 10 15", "sweep 20 5", "sweep 25 0", "settle 25 null", "look 25 null"]);
  });
});

describe("readBaseline", () => {
  it("reads the state before the first write", async () => {
    target.add(40, null);
    expect(await baselineOf()).toMatchObject({ rows: { store: 0 }, untagged: { count: 40 }, tombstoned: false });
  });

  it("has nothing to read where the scenario sweeps nothing", async () => {
    expect(await readBaseline({ run: theRun({ none: "reason" }), token: null })).toBeNull();
  });

  it("refuses to let a run write whose cleanup cannot work", async () => {
    await expect(readBaseline({ run: theRun(), token: "wrong", clock: fakeClock() })).rejects.toMatchObject({
      name: "StoreFault",
      kind: "usage",
    });
    const nobody = exampleRun({ plan: { admin: "http://127.0.0.1:1" } });
    await expect(readBaseline({ run: nobody, token: "t", clock: fakeClock() })).rejects.toMatchObject({ kind: "unreachable" });
  });
});

/** What may happen around any one request of a cleanup. */
const happenings = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ does: "nothing" } as const) },
    fc.record({ does: fc.constant("late rows" as const), count: fc.integer({ min: 1, max: 15 }) }),
    fc.record({ does: fc.constant("people write" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.constant({ does: "a person deletes" } as const),
    fc.record({ does: fc.constant("misbehave" as const), kind: fc.constantFrom("drop" as const, "act-then-drop" as const) }),
    fc.record({ does: fc.constant("refuse" as const), status: fc.constantFrom(429, 500, 503, 401, 200) }),
  ),
  { maxLength: 25 },
);

describe("whatever happens around it", () => {
  it("never touches a row of another run or of people, never claims what is not so, and comes to an end", async () => {
    const outcomes = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(happenings, fc.integer({ min: 0, max: 60 }), fc.boolean(), async (script, rows, tells) => {
        target.reset();
        target.tellsDeleted = tells;
        target.add(20, null);
        target.add(5, "another-run");
        const baseline = await baselineOf();
        target.add(rows, runId);
        let people = target.rowsOf(null);
        const first = target.seen.length;
        target.interfere = (number) => {
          const happening = script[number - first];
          if (happening?.does === "late rows") target.add(happening.count, runId, "queue");
          if (happening?.does === "people write") target.add(happening.count, null);
          if (happening?.does === "a person deletes") target.rows = target.rows.filter((row) => row !== target.rowsOf(null)[0]);
          people = target.rowsOf(null);
          if (happening?.does === "misbehave") return { kind: happening.kind };
          return happening?.does === "refuse" ? { kind: "reply", status: happening.status, body: "{}" } : undefined;
        };
        const entry = await clean({ baseline, journal: { created: rows } });
        expect(target.rowsOf(null)).toEqual(people);
        expect(target.rowsOf("another-run")).toHaveLength(5);
        expect(target.seen.every(({ url }) => url.startsWith(`/synthetic/${runId}`))).toBe(true);
        expect(target.seen.length).toBeLessThan(200);
        const left = target.rowsOf(runId).length;
        expect([null, left]).toContain(entry.residue);
        target.interfere = () => undefined;
        const now = (await baselineOf())?.untagged;
        const holds = left === 0 && now?.checksum === baseline?.untagged?.checksum && target.tombstones.has(runId);
        expect(entry.verified && !holds).toBe(false);
        expect(!entry.verified && entry.problems.length === 0).toBe(false);
        outcomes.add(entry.verified);
      }),
      { numRuns: 150 },
    );
    expect(outcomes).toEqual(new Set([true, false]));
  });
});
