import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanupSchema, type CleanupEntry, type CleanupFile } from "../src/model/cleanup.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { RunEnd } from "../src/model/run.ts";
import type { Summary } from "../src/model/summary.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { recordOf } from "../test/record-builder.ts";
import { conclude, judge } from "./conclude.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-conclude-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function concluded(record: RunRecord): Summary {
  const disk = new DiskTrouble();
  return conclude(judge({ ...record, dir }, disk), true, disk).summary;
}

describe("a budget up to 1x, where a hold of 1x had not recovered from 5x", () => {
  const held = (...multiples: readonly number[]): RunRecord =>
    recordOf({
      stages: multiples.map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 })),
      warmupSec: 0,
      capacityPerSec: 400,
      budgets: ["response p90 <= 200ms up to 1x"],
    });

  it("passes by another hold of 1x", () => {
    expect(concluded(held(1, 5, 1))).toMatchObject({ exitCode: 0, exitReasons: [] });
  });

  it("is not measured where there is none: no valid answer, and why", () => {
    expect(concluded(held(5, 1))).toMatchObject({
      exitCode: 5,
      exitReasons: ["budget not measured at 1x (it had not recovered from 5x): response p90 <= 200ms up to 1x"],
    });
  });
});

describe("a budget that no step had the requests for", () => {
  const record = recordOf({ multiples: [1, 2], holdSec: 1, warmupSec: 0, budgets: ["response p99.9 <= 200ms"] });

  it("is one reason, with all its steps", () => {
    expect(concluded(record).exitReasons).toEqual(["budget not measured at 1x, 2x (too few samples): response p99.9 <= 200ms"]);
  });

  it("is none where the run was broken off, whose end says why", () => {
    const ended = { atUs: 1, how: "aborted", reason: "lab is over its limit", fault: "safety" } as const;
    expect(concluded({ ...record, run: { ...record.run, ended } })).toMatchObject({
      exitCode: 6,
      exitReasons: ["lab is over its limit"],
    });
  });
});

describe("canaries of a handshake that was not finished", () => {
  const record = recordOf({ holdSec: 1, warmupSec: 0 });
  const journal = { ...record.journal, intents: 1, created: 1, unknown: 0 };
  const broken = { atUs: 1, how: "aborted", reason: "the tag was dropped", fault: "safety" } as const;
  const stopped = { atUs: 1, how: "interrupted", reason: "stopped by SIGINT", fault: null } as const;

  /** Of a run with one canary, which its own record says was removed, or does not. */
  function summaryOf(ended: RunEnd, residue: number | null): Summary {
    const { run } = record;
    const swept: CleanupEntry = {
      at: "2026-01-01T00:00:00.000Z",
      plan: { runId: run.runId, created: 1, unknown: 0, stores: [], settleUs: 0, reason: null },
      dryRun: false,
      stores: [],
      deleted: 1,
      residue,
      untagged: "unchanged",
      verified: residue === 0,
      problems: [],
    };
    const cleanup: CleanupFile = { schema: cleanupSchema, runId: run.runId, baseline: null, entries: [swept] };
    return concluded({ ...record, run: { ...run, ended }, canaries: [{ dir: "canary/1", run, journal, cleanup, problems: [] }] });
  }

  it("are mentioned where that and its cleanup were stopped", () => {
    expect(summaryOf(stopped, 0)).toMatchObject({ exitCode: 130, canaries: { written: 1, left: 0 } });
    expect(summaryOf(stopped, null)).toMatchObject({
      exitCode: 4,
      exitReasons: [expect.stringMatching(/^canaries .* peakproof cleanup /), "stopped by SIGINT"],
      canaries: { written: 1, left: 1 },
    });
  });

  it("are mentioned beside what made the handshake fail, which decides", () => {
    const { exitCode, exitReasons } = summaryOf(broken, null);
    expect(exitCode).toBe(6);
    expect(exitReasons.slice(0, 2)).toEqual(["the tag was dropped", expect.stringMatching(/^canaries .* peakproof cleanup /)]);
    expect(summaryOf(broken, 0).exitReasons.join()).not.toContain("canaries");
  });
});
