import { expect, it } from "vitest";
import type { CleanupEntry, CleanupPlan, StoreProof } from "../src/model/cleanup.ts";
import { describeBriefly, describePlan, describeProgress, describeProof, troublesOf } from "./describe.ts";
import { exampleCleanupPlan, exampleStorePlan } from "./example-run.ts";

const plan = { ...exampleCleanupPlan, created: 1_234, unknown: 5 };
const proof: StoreProof = {
  name: "http",
  before: { store: 1_200, cache: 34 },
  deleted: 1_234,
  batches: 3,
  residue: 0,
  untagged: "unchanged",
  untaggedBefore: null,
  untaggedAfter: { count: 100, checksum: "ab" },
  changes: [],
  changesTotal: 0,
  unexplained: 0,
  ours: 0,
  tombstoned: true,
  verified: true,
  problems: [],
};
const entry: CleanupEntry = {
  at: "2026-01-01T00:00:00.000Z",
  plan,
  dryRun: false,
  stores: [proof],
  deleted: 1_234,
  residue: 0,
  untagged: "unchanged",
  verified: true,
  problems: [],
};
const none: CleanupPlan = { ...plan, stores: [], reason: "rows expire in an hour" };

const redis = { ...exampleStorePlan, name: "redis", kind: "redis", how: "UNLINK of keys of r-1", secretFrom: null } as const;
const undo = {
  ...exampleStorePlan,
  name: "undo",
  kind: "undo",
  how: "the scenario's undo requests",
  secretFrom: null,
  batch: 1,
} as const;
const three: CleanupEntry = {
  ...entry,
  plan: { ...plan, stores: [exampleStorePlan, redis, undo] },
  stores: [
    proof,
    {
      ...proof,
      name: "redis",
      deleted: 2,
      batches: 1,
      tombstoned: null,
      untagged: "changed-by-others",
      changesTotal: 3,
      unexplained: 1,
    },
    { ...proof, name: "undo", deleted: 0, residue: null, problems: ["its target is gone"], verified: false },
  ],
  residue: null,
  verified: false,
};

it("says what a sweep would do", () => {
  expect(describePlan(plan, [proof])).toEqual([
    "Run r-1 made 1,234 attempts at writes that the target accepted, and 5 whose outcome is unknown.",
    "http: holds 1,234 rows (store 1,200, cache 34).",
    "   Removed by DELETE http://127.0.0.1:8461/synthetic/r-1, at most 500 rows at a time, until none is left. The environment variable PEAKPROOF_TOKEN opens it.",
    "1 s later it is counted again, since an accepted write may land late.",
  ]);
});

it("numbers several stores in their order, and names no variable where none is needed", () => {
  const lines = describePlan(three.plan, [proof]);
  expect(lines.slice(3)).toEqual([
    "2. redis: its rows could not be counted.",
    "   Removed by UNLINK of keys of r-1, at most 500 rows at a time, until none is left.",
    "3. undo: its rows could not be counted.",
    "   Removed by the scenario's undo requests, at most 1 row at a time, until none is left.",
    "1 s later all of them are counted again, since an accepted write may land late.",
  ]);
});

it("says that nothing is to be removed, and on whose word", () => {
  expect(describePlan(none, []).at(-1)).toBe("Nothing is to be removed: rows expire in an hour.");
  expect(describePlan({ ...none, reason: null }, []).at(-1)).toMatch(/^Nothing can be removed: the scenario names no cleanup/);
});

it("gives the proof line by line", () => {
  expect(describeProof(entry)).toEqual([
    "Removed 1,234 rows in 3 batches.",
    "Residue: 0 rows after 1 s.",
    "Untagged rows: unchanged (100 rows, checksum ab).",
    "The run is closed: what arrives late is dropped.",
    "Verified: nothing of this run is left.",
  ]);
});

it("gives the proof of several stores, each line with its store", () => {
  expect(describeProof(three).slice(4)).toEqual([
    "redis: removed 2 rows in 1 batch.",
    "redis: residue: 0 rows after 1 s.",
    "redis: untagged rows: changed by others (100 rows, checksum ab).",
    "redis: 3 changed rows, gone through one by one: 2 explained, 1 not.",
    "redis: the store cannot close a run: what arrives after the last look stays.",
    "undo: removed 0 rows in 3 batches.",
    "undo: residue: not known.",
    "undo: untagged rows: unchanged (100 rows, checksum ab).",
    "undo: the run is closed: what arrives late is dropped.",
    "undo: its target is gone.",
    "Not verified: what is left is not known.",
  ]);
});

it("does not say verified where it is not, and gives each problem", () => {
  const failed = describeProof({ ...entry, residue: null, verified: false, problems: ["the token was refused"] });
  expect(failed).toContain("The token was refused.");
  expect(failed.at(-1)).toBe("Not verified: what is left is not known.");
  expect(describeProof({ ...entry, residue: 7, verified: false }).at(-1)).toBe("Not verified: 7 rows left.");
  expect(describeProof({ ...entry, untagged: "not-checked", verified: false }).at(-1)).toMatch(/^Not fully verified/);
});

it("names the store of a problem where there are several", () => {
  expect(troublesOf(three)).toEqual(["undo: its target is gone"]);
  expect(troublesOf({ problems: ["first"], stores: [{ ...proof, problems: ["second"] }] })).toEqual(["first", "second"]);
});

it("says that a dry run removed nothing", () => {
  expect(describeProof({ ...entry, dryRun: true, verified: false }).at(-1)).toBe("Dry run: nothing was removed.");
});

it("calls nothing verified while canaries of the run's handshake are left", () => {
  const canaries = "Not verified: 2 writes of the handshake not known to be removed.";
  const told = describeProof(entry, 2);
  expect(told.at(-1)).toBe(canaries);
  expect(told.join(" ")).not.toContain("Verified: nothing");
  const open = { ...entry, residue: 3, verified: false };
  expect(describeProof(open, 2).slice(-2)).toEqual(["Not verified: 3 rows left.", canaries]);
});

it("says it all in one line where there are many runs", () => {
  expect(describeBriefly(entry)).toBe("1,234 rows removed; verified: nothing of this run is left");
  expect(describeBriefly(three)).toBe("1,234 rows removed; not verified: what is left is not known; undo: its target is gone");
  expect(describeBriefly({ ...entry, dryRun: true })).toBe("1,234 rows (store 1,200, cache 34) in http; nothing was removed");
});

it("speaks of progress in one line", () => {
  const step = { phase: "sweep", store: "http", deleted: 500, batches: 1, remaining: 734 } as const;
  expect(describeProgress(step)).toBe("500 rows removed in http, 734 left");
  expect(describeProgress({ ...step, remaining: null })).toBe("500 rows removed in http");
});
