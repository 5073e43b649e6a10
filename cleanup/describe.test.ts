import { expect, it } from "vitest";
import type { CleanupEntry, CleanupPlan } from "../src/model/cleanup.ts";
import { exampleCleanupPlan } from "./example-run.ts";
import { describePlan, describeProgress, describeProof } from "./describe.ts";

const plan = { ...exampleCleanupPlan, created: 1_234, unknown: 5 };
const entry: CleanupEntry = {
  at: "2026-01-01T00:00:00.000Z",
  plan,
  dryRun: false,
  before: { store: 1_200, cache: 34 },
  deleted: 1_234,
  batches: 3,
  residue: 0,
  untagged: "unchanged",
  untaggedBefore: null,
  untaggedAfter: { count: 100, checksum: "ab" },
  tombstoned: true,
  verified: true,
  problems: [],
};
const none: CleanupPlan = { ...plan, kind: "none", url: null, tokenFrom: null, reason: "rows expire in an hour" };

it("says what a sweep would do", () => {
  expect(describePlan(plan, { store: 1_200, cache: 34 })).toEqual([
    "Run r-1 made 1,234 writes that the target accepted, and 5 whose outcome is unknown.",
    "Rows are removed by DELETE http://127.0.0.1:8461/synthetic/r-1, at most 500 rows at a time, until none is left.",
    "After 1 s they are counted again, since an accepted write may land late.",
    "The token comes from the environment variable PEAKPROOF_TOKEN.",
    "There are now 1,234 rows (store 1,200, cache 34).",
  ]);
});

it("says that nothing is to be removed, and on whose word", () => {
  expect(describePlan(none, null).at(-1)).toBe("Nothing is to be removed: rows expire in an hour.");
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

it("does not say verified where it is not, and gives each problem", () => {
  const failed = describeProof({ ...entry, residue: null, verified: false, problems: ["the token was refused"] });
  expect(failed).toContain("The token was refused.");
  expect(failed.at(-1)).toBe("Not verified: what is left is not known.");
  expect(describeProof({ ...entry, residue: 7, verified: false }).at(-1)).toBe("Not verified: 7 rows left.");
  expect(describeProof({ ...entry, untagged: "not-checked", verified: false }).at(-1)).toMatch(/^Not fully verified/);
});

it("says that a dry run removed nothing", () => {
  expect(describeProof({ ...entry, dryRun: true, verified: false }).at(-1)).toBe("Dry run: nothing was removed.");
});

it("speaks of progress in one line", () => {
  expect(describeProgress({ phase: "sweep", deleted: 500, batches: 1, remaining: 734 })).toBe("500 rows removed, 734 left");
});
