import { expect, it } from "vitest";
import type { CleanupEntry, CleanupFile } from "../src/model/cleanup.ts";
import { exampleCleanupPlan, exampleJournal, exampleRun } from "./example-run.ts";
import { isIncomplete, mayHaveLeft } from "./incomplete.ts";

const entry: CleanupEntry = {
  at: "2026-01-01T00:00:00.000Z",
  plan: { ...exampleCleanupPlan, stores: [], reason: null },
  dryRun: false,
  stores: [],
  deleted: 0,
  residue: 0,
  untagged: "not-checked",
  verified: true,
  problems: [],
};
const fileOf = (...entries: readonly CleanupEntry[]): CleanupFile => {
  return { schema: "peakproof.cleanup/2", runId: "r-1", baseline: null, entries };
};
const wrote = { run: exampleRun(), journal: exampleJournal() };

it("suspects a run that wrote and was never swept", () => {
  expect(mayHaveLeft({ ...wrote, cleanup: null })).toBe(true);
  expect(mayHaveLeft({ ...wrote, cleanup: fileOf() })).toBe(true);
});

it("suspects none that wrote nothing, or whose author wants nothing removed", () => {
  const journal = exampleJournal({ intents: 0, created: 0, unknown: 0 });
  expect(mayHaveLeft({ ...wrote, journal, cleanup: null })).toBe(false);
  const run = exampleRun({ plan: { cleanup: { none: "rows expire" } } });
  expect(mayHaveLeft({ ...wrote, run, cleanup: null })).toBe(false);
});

it("suspects one whose journal cannot be read", () => {
  const journal = exampleJournal({ intents: 0, created: 0, unknown: 0, tornLines: 1 });
  expect(mayHaveLeft({ ...wrote, journal, cleanup: null })).toBe(true);
});

it("goes by the sweeps that came to their end, and by no dry run", () => {
  const failed = { ...entry, residue: null, verified: false };
  expect(mayHaveLeft({ ...wrote, cleanup: fileOf(failed) })).toBe(true);
  expect(mayHaveLeft({ ...wrote, cleanup: fileOf({ ...entry, dryRun: true }) })).toBe(true);
  expect(mayHaveLeft({ ...wrote, cleanup: fileOf(failed, entry) })).toBe(false);
});

it("is left open by a sweep under which untagged rows went away, whatever is said of them", () => {
  const store = {
    name: "http",
    before: { store: 1 },
    deleted: 1,
    batches: 1,
    residue: 0,
    untagged: "unchanged",
    untaggedBefore: { count: 101, checksum: "bb" },
    untaggedAfter: { count: 100, checksum: "aa" },
    changes: [],
    changesTotal: 0,
    unexplained: 0,
    ours: 0,
    tombstoned: true,
    verified: false,
    problems: [],
  } as const;
  const plan = { ...exampleCleanupPlan };
  expect(isIncomplete({ ...entry, plan, stores: [store] })).toBe(true);
  expect(isIncomplete({ ...entry, plan, stores: [{ ...store, untaggedBefore: store.untaggedAfter }] })).toBe(false);
});
