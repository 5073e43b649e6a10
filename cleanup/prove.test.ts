import { describe, expect, it } from "vitest";
import type { CleanupEntry, CleanupFile, StoreState, UntaggedRow } from "../src/model/cleanup.ts";
import type { StoreCourse } from "./course.ts";
import { troublesOf } from "./describe.ts";
import { emptyJournal, exampleCleanupPlan, exampleJournal, exampleStorePlan } from "./example-run.ts";
import { isIncomplete } from "./index.ts";
import { prove } from "./prove.ts";
import type { Store } from "./store.ts";
import { access, baselineOf, clean, fakeClock, runId, target } from "./swept-target.fixture.ts";

const before = "2025-12-31T00:00:00.000Z";
const since = "2026-01-01T00:10:00.000Z";

interface Kept {
  readonly baseline: CleanupFile["baseline"];
  readonly untaggedThen: () => Promise<AsyncIterable<UntaggedRow> | null>;
}

/** Forty people, what is kept of them before a run, and then the run's rows. */
async function afterRun(): Promise<Kept> {
  for (let number = 0; number < 40; number++) target.addPerson(`citizen-${number}`, before);
  const baseline = await baselineOf();
  const rows = target.rowsOf(null).map(({ place, value, key = "", at = null }): UntaggedRow => {
    return { place, key, digest: String(value), at };
  });
  target.add(5, runId);
  return { baseline, untaggedThen: async () => each(rows) };
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
const withIds = (...ids: readonly string[]) => ({ ...emptyJournal, created: () => each(ids) });
const eight = withIds("1", "2", "3", "4", "5", "6", "7", "8");
const known = { created: 8, unknown: 0 };

describe("untagged rows that are not what they were", () => {
  it("are explained one by one, which verifies", async () => {
    const kept = await afterRun();
    target.addPerson("newcomer", since);
    const entry = await clean({ ...kept, journal: known, access: eight });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: true });
    expect(entry.stores).toMatchObject([
      { changesTotal: 1, unexplained: 0, ours: 0, problems: [], changes: [{ key: "newcomer" }] },
    ]);
  });

  it("are not listed where they are what they were", async () => {
    const kept = await afterRun();
    await clean(kept);
    expect(target.seen.some(({ url }) => url.includes("untagged"))).toBe(false);
  });

  it("leave a sweep unverified, yet complete, where a person went meanwhile", async () => {
    const kept = await afterRun();
    target.rows = target.rows.filter(({ key }) => key !== "citizen-3");
    const entry = await clean({ ...kept, journal: known, access: eight });
    expect(entry).toMatchObject({ residue: 0, verified: false, stores: [{ unexplained: 1, ours: 0 }] });
    expect(troublesOf(entry)[0]).toContain("first store citizen-3 was removed");
    expect(isIncomplete(entry)).toBe(false);
  });

  it("make it incomplete where one went while the sweep went on", async () => {
    const kept = await afterRun();
    const clock = fakeClock(() => (target.rows = target.rows.filter(({ key }) => key !== "citizen-3")));
    const entry = await clean({ ...kept, clock, journal: known, access: eight });
    expect(entry).toMatchObject({ verified: false, stores: [{ unexplained: 1 }] });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("make it incomplete where one may be the run's own, without its tag", async () => {
    const kept = await afterRun();
    target.addPerson("5", since);
    const entry = await clean({ ...kept, journal: known, access: eight });
    expect(entry).toMatchObject({ residue: 0, verified: false, stores: [{ unexplained: 1, ours: 1 }] });
    expect(isIncomplete(entry)).toBe(true);
  });

  it("are not explained where no list of them was kept, and that is said", async () => {
    const { baseline } = await afterRun();
    target.addPerson("newcomer", since);
    const entry = await clean({ baseline, untaggedThen: async () => null });
    expect(entry).toMatchObject({ residue: 0, untagged: "changed-by-others", verified: false });
    expect(troublesOf(entry).join(" ")).toContain("no whole list of them was kept before the run's first write");
    expect(isIncomplete(entry)).toBe(false);
  });

  it("are not explained where they cannot be listed any more, and what was removed is kept all the same", async () => {
    const kept = await afterRun();
    target.addPerson("newcomer", since);
    target.interfere = (_, { url }) => (url.includes("untagged") ? { kind: "reply", status: 503, body: "busy" } : undefined);
    const entry = await clean({ ...kept, journal: known, access: eight });
    expect(entry).toMatchObject({ deleted: 5, residue: 0, verified: false });
    expect(troublesOf(entry).join(" ")).toContain("answered 503");
  });
});

it("takes zero for a proof where an earlier sweep removed the rows, though the store closes no run", async () => {
  await afterRun();
  const first = await clean();
  target.tombstones.clear();
  expect(await clean()).toMatchObject({ deleted: 0, residue: null });
  target.tombstones.clear();
  expect(await clean({ earlier: [first] })).toMatchObject({ deleted: 0, residue: 0 });
});

it("does not take a run for swept that it has closed itself, however often it finds nothing", async () => {
  const baseline = await baselineOf();
  const first = await clean({ baseline });
  expect(first).toMatchObject({ residue: null, verified: false });
  const again = await clean({ baseline, earlier: [first] });
  expect(again).toMatchObject({ residue: null, verified: false, stores: [{ tombstoned: true }] });
  expect(isIncomplete(again)).toBe(true);
});

it("proves after a kill between the last delete and the end of the sweep, by what was kept meanwhile", async () => {
  const kept = await afterRun();
  const begun: CleanupEntry[] = [];
  const rows: number[] = [];
  const onUnfinished = (entry: CleanupEntry): void => {
    rows.push(target.rowsOf(runId).length);
    begun.push(entry);
  };
  await clean({ ...kept, onUnfinished });
  expect(rows).toEqual([5, 0]);
  expect(begun).toMatchObject([
    { residue: null, verified: false, stores: [{ before: { store: 5 }, deleted: 0 }] },
    { residue: null, verified: false, stores: [{ before: { store: 5 }, deleted: 5 }] },
  ]);
  expect(begun.flatMap(troublesOf).join(" ")).toContain("cut off before its end");
  expect(begun.every(isIncomplete)).toBe(true);
  target.tombstones.clear();
  expect(await clean({ ...kept, earlier: begun.slice(0, 1) })).toMatchObject({ deleted: 0, residue: 0, verified: true });
});

it("keeps nothing ahead of a dry run", async () => {
  const kept = await afterRun();
  await clean({ ...kept, dryRun: true, onUnfinished: () => expect.fail("nothing is about to be deleted") });
});

it("does not take ids of the journal, which an undo looks for, for rows that were seen", async () => {
  const plan = { ...exampleCleanupPlan, stores: [{ ...exampleStorePlan, name: "undo", kind: "undo" as const }] };
  const store = { plan: plan.stores[0] ?? exampleStorePlan, store: noStore, rows: 0, batches: 1, problems: [] };
  const state = (report: number): StoreState => ({ rows: { report }, untagged: null, tombstoned: null });
  const options = { ...access(), totals: exampleJournal(), baseline: null, dryRun: false };
  const undone = (deleted: number): StoreCourse => ({ ...store, before: state(10), after: state(0), deleted });
  const nothing = await prove(plan, [undone(0)], options);
  expect(nothing).toMatchObject({ residue: null });
  expect(isIncomplete(nothing)).toBe(true);
  expect(await prove(plan, [undone(0)], { ...options, earlier: [nothing] })).toMatchObject({ residue: null });
  const taken = await prove(plan, [undone(10)], options);
  expect(taken).toMatchObject({ residue: 0 });
  expect(await prove(plan, [undone(0)], { ...options, earlier: [taken] })).toMatchObject({ residue: 0 });
});

it("doubts a store that never held a row where another did, and only then", async () => {
  const [plan, options] = [exampleCleanupPlan, { ...access(), totals: exampleJournal(), baseline: null, dryRun: false }];
  const course = (name: string, held: number): StoreCourse => {
    const state = (rows: number): StoreState => ({ rows: { place: rows }, untagged: null, tombstoned: null });
    const store = { plan: { ...exampleStorePlan, name }, store: noStore, rows: 0, batches: 1, problems: [] };
    return { ...store, before: state(held), after: state(0), deleted: held };
  };
  const first = await prove(plan, [course("postgres", 10), course("redis", 0)], options);
  expect(first.residue).toBe(0);
  expect(first.stores.map(({ advice }) => advice)).toEqual([
    undefined,
    [expect.stringContaining("never held a row of this run")],
  ]);
  const held = await prove(plan, [course("postgres", 10), course("redis", 3)], options);
  const again = await prove(plan, [course("postgres", 0), course("redis", 0)], { ...options, earlier: [held] });
  expect([held, again].flatMap(({ stores }) => stores.flatMap(({ advice = [] }) => advice))).toEqual([]);
  expect(again.residue).toBe(0);
});

const unasked = (): Promise<never> => Promise.reject(new Error("nobody asks it"));
const noStore: Store = {
  look: unasked,
  guard: unasked,
  remove: unasked,
  untaggedRows: () => null,
  close: async () => {},
};
