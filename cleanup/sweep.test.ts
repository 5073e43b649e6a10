import { describe, expect, it } from "vitest";
import type { StoreState } from "../src/model/cleanup.ts";
import { Fault } from "../src/model/fault.ts";
import type { SweepClock } from "./clock.ts";
import { exampleStorePlan as plan } from "./example-run.ts";
import { StoreFault, type Removal, type Store } from "./store.ts";
import { batchesFor, sweep, sweepBounds, troubleOf, type SweepProgress } from "./sweep.ts";

/** A clock that a test moves by sleeping; stops the sweep at a given instant where told to. */
function fakeClock(abortAtUs = Number.POSITIVE_INFINITY) {
  const controller = new AbortController();
  const clock = {
    us: 0,
    nowUs: (): number => clock.us,
    sleep: async (us: number, signal?: AbortSignal): Promise<void> => {
      clock.us += us;
      if (clock.us >= abortAtUs) controller.abort();
      signal?.throwIfAborted();
    },
  };
  return { clock: clock satisfies SweepClock, signal: controller.signal };
}

/** A store of one place; `perBatch` is what it really removes, whatever the limit. */
class CountingStore implements Store {
  calls = 0;
  rows: number;
  /** False: it does not say what is left. */
  counts = true;
  readonly perBatch: (limit: number, call: number) => number;

  constructor(rows: number, perBatch: (limit: number, call: number) => number = (limit) => limit) {
    this.rows = rows;
    this.perBatch = perBatch;
  }
  async look(): Promise<StoreState> {
    return { rows: { store: this.rows }, untagged: null, tombstoned: this.calls > 0 };
  }
  async guard(): Promise<void> {}
  untaggedRows(): null {
    return null;
  }
  async remove(limit: number): Promise<Removal> {
    const deleted = Math.min(this.rows, this.perBatch(limit, this.calls++));
    this.rows -= deleted;
    return { deleted, remaining: this.counts ? this.rows : null };
  }
  async close(): Promise<void> {}
}

describe("sweep", () => {
  it("removes everything in bounded batches, no faster than its rate", async () => {
    const { clock } = fakeClock();
    const seen: SweepProgress[] = [];
    const result = await sweep(new CountingStore(50_000), plan, { clock, onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({ deleted: 50_000, batches: 100, problem: null, answered: true });
    expect(clock.us).toBeCloseTo((99 * 500 * 1_000_000) / plan.rowsPerSec, -1);
    expect(seen.at(-1)).toEqual({ phase: "sweep", store: "http", deleted: 50_000, batches: 100, remaining: 0 });
  });

  it("sends one batch even for no rows, which closes the run to late arrivals", async () => {
    const store = new CountingStore(0);
    expect(await sweep(store, plan, fakeClock())).toMatchObject({ deleted: 0, batches: 1, problem: null });
    expect(await store.look()).toMatchObject({ tombstoned: true });
  });

  it("stops when the store makes no progress, and says so", async () => {
    const store = new CountingStore(1_000, (limit, call) => (call === 0 ? limit : 0));
    const result = await sweep(store, plan, fakeClock());
    expect(result).toMatchObject({ deleted: 500, answered: true });
    expect(result.problem).toContain("500 rows left and no fewer after 5 more batches");
    expect(store.calls).toBe(1 + sweepBounds.stalledBatches);
  });

  it("waits longer and longer while there is no progress, instead of hammering", async () => {
    const { clock } = fakeClock();
    await sweep(new CountingStore(1_000, () => 0), plan, { clock });
    expect(clock.us).toBeGreaterThan(125_000 * (1 + 2 + 4 + 8));
  });

  it("bears with a store that removes fewer rows than asked", async () => {
    const result = await sweep(new CountingStore(5_000, (limit) => limit / 5), plan, fakeClock());
    expect(result).toMatchObject({ deleted: 5_000, batches: 50, problem: null });
  });

  it("does not crawl for ever behind a store that removes one row at a time", async () => {
    const store = new CountingStore(1_000_000, () => 1);
    const result = await sweep(store, { ...plan, batch: 10_000 }, fakeClock());
    expect(result.problem).toContain("more than its rows should have needed");
    expect(store.calls).toBe(batchesFor(999_999, 10_000));
  });

  it("never asks for more batches than its ceiling, whatever the target claims to hold", () => {
    expect(batchesFor(1e12, 1)).toBe(sweepBounds.mostBatches);
  });

  it("keeps what it removed before the store failed for good", async () => {
    const store = new CountingStore(1_000, (limit, call) => {
      if (call === 1) throw new StoreFault("usage", "the token has expired");
      return limit;
    });
    expect(await sweep(store, plan, fakeClock())).toMatchObject({
      deleted: 500,
      batches: 1,
      problem: "the token has expired",
      answered: false,
    });
  });

  it("is patient with a store that is busy", async () => {
    const store = new CountingStore(1_000, (limit, call) => {
      if (call < 3) throw new StoreFault("unreachable", "busy", { transient: true });
      return limit;
    });
    expect(await sweep(store, plan, fakeClock())).toMatchObject({ deleted: 1_000, batches: 2, problem: null });
  });

  it("takes a batch without effect for the end where the store does not say what is left", async () => {
    const store = new CountingStore(1_200);
    store.counts = false;
    expect(await sweep(store, plan, fakeClock())).toMatchObject({ deleted: 1_200, batches: 4, problem: null });
  });

  it("bounds the batches of such a store by the rows that were seen", async () => {
    const store = new CountingStore(1_000_000, () => 1);
    store.counts = false;
    const { problem } = await sweep(store, plan, { ...fakeClock(), rows: 1_000 });
    expect(problem).toContain("more than its rows should have needed");
    expect(store.calls).toBe(batchesFor(1_000, plan.batch));
  });

  it("takes a scenario that is not there for trouble, and our own mistakes for none", () => {
    expect(troubleOf(new Fault("usage", "s.ts is gone", { fix: "bring it back" }), undefined)).toBe(
      "s.ts is gone; to do: bring it back",
    );
    expect(troubleOf(Object.assign(new Error("EACCES: journal"), { code: "EACCES" }), undefined)).toBe("EACCES: journal");
    expect(() => troubleOf(new Fault("internal", "ours"), undefined)).toThrow("ours");
  });

  it("stops when it is told to, keeping its count", async () => {
    const { clock, signal } = fakeClock(100_000);
    const result = await sweep(new CountingStore(50_000), plan, { clock, signal });
    expect(result).toMatchObject({
      deleted: 2_000,
      answered: false,
      problem: expect.stringContaining("stopped before it was finished"),
    });
  });

  it("throws our own mistakes on", async () => {
    const store = new CountingStore(1, () => {
      throw new TypeError("ours");
    });
    await expect(sweep(store, plan, fakeClock())).rejects.toThrow("ours");
  });
});
