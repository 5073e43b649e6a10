import { describe, expect, it } from "vitest";
import type { StoreState } from "../src/model/cleanup.ts";
import { carryOut, type StoreCourse } from "./course.ts";
import { emptyJournal, exampleCleanupPlan, exampleJournal, exampleRun, exampleStorePlan } from "./example-run.ts";
import { isIncomplete } from "./incomplete.ts";
import { prove } from "./prove.ts";
import { StoreFault, type Removal, type Store } from "./store.ts";
import { fakeClock } from "./swept-target.fixture.ts";

/** Rows of the run in one place, and what was asked, by name, in the log that all stores of a test share. */
class LoggingStore implements Store {
  readonly name: string;
  rows: number;
  readonly #log: string[];
  /** Calls that are refused. */
  refuses: readonly ("look" | "guard" | "remove")[] = [];
  tombstoned: boolean | null = null;

  constructor(name: string, rows: number, log: string[]) {
    this.name = name;
    this.rows = rows;
    this.#log = log;
  }
  async look(): Promise<StoreState> {
    this.#called("look");
    return { rows: { [this.name]: this.rows }, untagged: { count: 7, checksum: "aa" }, tombstoned: this.tombstoned };
  }
  async guard(): Promise<void> {
    this.#called("guard");
  }
  async remove(limit: number): Promise<Removal> {
    this.#called("remove");
    const deleted = Math.min(limit, this.rows);
    this.rows -= deleted;
    return { deleted, remaining: null };
  }
  untaggedRows(): null {
    return null;
  }
  async close(): Promise<void> {}
  #called(what: "look" | "guard" | "remove"): void {
    this.#log.push(`${what} ${this.name}`);
    if (this.refuses.includes(what)) throw new StoreFault("usage", `${this.name} refuses to ${what}`);
  }
}

/** Three stores with 3, 2 and 1 rows, whose order is not that of their names. */
function threeStores() {
  const log: string[] = [];
  const stores = {
    http: new LoggingStore("http", 3, log),
    cache: new LoggingStore("cache", 2, log),
    base: new LoggingStore("base", 1, log),
  };
  const opened = Object.values(stores).map((store) => ({ store, plan: { ...exampleStorePlan, name: store.name } }));
  const plan = { ...exampleCleanupPlan, stores: opened.map((one) => one.plan) };
  const sweep = (clock = fakeClock(), dryRun = false): Promise<StoreCourse[]> => carryOut(opened, plan, { clock, dryRun });
  const baseline = Object.fromEntries(Object.keys(stores).map((name) => [name, untouched]));
  const run = exampleRun();
  const options = {
    run,
    totals: exampleJournal(),
    journal: emptyJournal,
    secrets: {},
    baseline,
    dryRun: false,
    scenario: noScenario,
  };
  const entryOf = async (courses: readonly StoreCourse[]) => prove(plan, courses, options);
  return { ...stores, log, sweep, entryOf };
}

const untouched: StoreState = { rows: {}, untagged: { count: 7, checksum: "aa" }, tombstoned: null };
const noScenario = (): Promise<never> => Promise.reject(new Error("not needed"));

describe("several stores", () => {
  it("are all seen and guarded first, then swept in their order, then looked at again", async () => {
    const { log, sweep, entryOf } = threeStores();
    const entry = await entryOf(await sweep());
    const first = ["look http", "guard http", "look cache", "guard cache", "look base", "guard base"];
    const removed = ["http", "cache", "base"].flatMap((name) => [`remove ${name}`, `remove ${name}`]);
    expect(log).toEqual([...first, ...removed, "look http", "look cache", "look base"]);
    expect(entry).toMatchObject({ deleted: 6, residue: 0, untagged: "unchanged", verified: true });
    expect(entry.stores.map(({ name, deleted }) => `${name} ${deleted}`)).toEqual(["http 3", "cache 2", "base 1"]);
    expect(isIncomplete(entry)).toBe(false);
  });

  it.each(["look", "guard"] as const)(
    "lose nothing in any where one refuses to %s, and all that is wrong is told at once",
    async (what) => {
      const { cache, base, log, sweep, entryOf } = threeStores();
      cache.refuses = base.refuses = [what];
      const entry = await entryOf(await sweep());
      expect(log.filter((line) => line.startsWith("remove"))).toEqual([]);
      expect(entry.stores.map(({ problems }) => problems)).toEqual([
        ["cleanup came to a halt at cache, before it was done here"],
        [`cache refuses to ${what}`],
        [`base refuses to ${what}`],
      ]);
      expect(entry).toMatchObject({ residue: null, untagged: "not-checked", verified: false });
      expect(isIncomplete(entry)).toBe(true);
    },
  );

  it("are left alone after one that fails, which each of them says", async () => {
    const { cache, base, log, sweep, entryOf } = threeStores();
    cache.refuses = ["remove"];
    const entry = await entryOf(await sweep());
    expect(log.filter((line) => line.startsWith("remove"))).toEqual(["remove http", "remove http", "remove cache"]);
    expect(base.rows).toBe(1);
    expect(entry.stores.map(({ residue, problems }) => [residue, problems].flat())).toEqual([
      [null, "cleanup came to a halt at cache, before it was done here"],
      [null, "cache refuses to remove"],
      [null, "cleanup came to a halt at cache, before it was done here"],
    ]);
  });

  it("are all swept once more where rows landed in one of them", async () => {
    const { cache, log, sweep, entryOf } = threeStores();
    const clock = fakeClock(() => undefined);
    let settled = 0;
    const courses = await sweep({
      ...clock,
      sleep: async (us) => void (us === exampleCleanupPlan.settleUs && settled++ === 0 && (cache.rows = 4)),
    });
    expect(await entryOf(courses)).toMatchObject({ deleted: 10, residue: 0, verified: true });
    expect(log.filter((line) => line === "remove http")).toHaveLength(3);
  });

  it("are only looked at in a dry run, all of them, also where one refuses", async () => {
    const { http, log, sweep } = threeStores();
    http.refuses = ["look"];
    const courses = await sweep(fakeClock(), true);
    expect(log).toEqual(["look http", "look cache", "guard cache", "look base", "guard base"]);
    expect(courses.map(({ before, problems }) => [before?.rows ?? null, problems].flat())).toEqual([
      [null, "http refuses to look"],
      [{ cache: 2 }],
      [{ base: 1 }],
    ]);
  });

  it("need not all have held rows: what is derived expires by itself", async () => {
    const { http, cache, sweep, entryOf } = threeStores();
    http.rows = cache.rows = 0;
    expect(await entryOf(await sweep())).toMatchObject({ deleted: 1, residue: 0, verified: true });
  });

  it("are given time to hold what was accepted and is nowhere yet, before the run is closed to it", async () => {
    const { http, cache, base, log, sweep, entryOf } = threeStores();
    http.rows = cache.rows = base.rows = 0;
    const courses = await sweep({
      ...fakeClock(),
      sleep: async (us) =>
        void (us === exampleCleanupPlan.settleUs && !log.some((line) => line.startsWith("remove")) && (base.rows = 1)),
    });
    expect(await entryOf(courses)).toMatchObject({ deleted: 1, residue: 0, verified: true });
  });

  it("prove nothing by zero where none of them ever held a row", async () => {
    const { http, cache, base, sweep, entryOf } = threeStores();
    http.rows = cache.rows = base.rows = 0;
    const entry = await entryOf(await sweep());
    expect(entry).toMatchObject({ residue: null, verified: false });
    expect(isIncomplete(entry)).toBe(true);
  });
});
