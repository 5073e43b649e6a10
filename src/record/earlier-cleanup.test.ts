import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runOf010 } from "../../test/record-earlier.ts";
import { cleanupOfToday, type EarlierCleanup } from "./earlier-cleanup.ts";
import { recordFiles } from "./files.ts";
import { readRecord } from "./reader.ts";

const people = { count: 200, checksum: "2cfcc187b73a52eb" };

/** `cleanup.json` as version 0.1.0 wrote it, of a run that was swept. */
const swept: EarlierCleanup & { readonly schema: string } = {
  schema: "peakproof.cleanup/1",
  runId: runOf010.runId,
  baseline: { rows: { store: 0 }, untagged: people, tombstoned: false },
  entries: [
    {
      at: "2026-11-20T01:44:00.000Z",
      plan: {
        runId: runOf010.runId,
        created: 3,
        unknown: 1,
        url: "http://127.0.0.1:8461/synthetic/r",
        tokenFrom: "PEAKPROOF_TOKEN",
        batch: 500,
        settleUs: 1_000_000,
        reason: null,
      },
      dryRun: false,
      before: { store: 4 },
      deleted: 4,
      batches: 1,
      residue: 0,
      untagged: "changed-by-others",
      untaggedBefore: people,
      untaggedAfter: { count: 201, checksum: "aa" },
      tombstoned: true,
      verified: false,
      problems: ["untagged rows went from 200 rows to 201 rows"],
    },
  ],
};

it("reads a cleanup.json of its first version as this one would have written it", async () => {
  const dir = mkdtempSync(join(tmpdir(), "peakproof-earlier-"));
  writeFileSync(join(dir, recordFiles.run), JSON.stringify(runOf010));
  writeFileSync(join(dir, recordFiles.cleanup), JSON.stringify(swept));
  const { cleanup, problems } = await readRecord(dir);
  rmSync(dir, { recursive: true });
  expect(problems.filter(({ file }) => file === recordFiles.cleanup)).toEqual([]);
  expect(cleanup).toMatchObject({ schema: "peakproof.cleanup/2", baseline: { http: { untagged: people, tombstoned: false } } });
  expect(cleanup?.entries).toEqual([
    {
      at: "2026-11-20T01:44:00.000Z",
      plan: {
        runId: runOf010.runId,
        created: 3,
        unknown: 1,
        stores: [
          {
            name: "http",
            kind: "http",
            how: "DELETE http://127.0.0.1:8461/synthetic/r",
            secretFrom: "PEAKPROOF_TOKEN",
            batch: 500,
            rowsPerSec: 20_000,
          },
        ],
        settleUs: 1_000_000,
        reason: null,
      },
      dryRun: false,
      stores: [
        {
          name: "http",
          before: { store: 4 },
          deleted: 4,
          batches: 1,
          residue: 0,
          untagged: "changed-by-others",
          untaggedBefore: people,
          untaggedAfter: { count: 201, checksum: "aa" },
          changes: [],
          changesTotal: 0,
          unexplained: 0,
          ours: 0,
          tombstoned: true,
          verified: false,
          problems: ["untagged rows went from 200 rows to 201 rows"],
        },
      ],
      deleted: 4,
      residue: 0,
      untagged: "changed-by-others",
      verified: false,
      problems: [],
    },
  ]);
});

it("has no store where there was none to ask, and keeps the reason", () => {
  const entries = swept.entries.map((entry) => {
    const plan = { ...entry.plan, url: null, tokenFrom: null, reason: "rows expire" };
    return Object.assign({}, entry, { plan, residue: null });
  });
  const [today] = cleanupOfToday({ ...swept, baseline: null, entries }).entries;
  expect(today).toMatchObject({
    plan: { stores: [], reason: "rows expire" },
    stores: [],
    residue: null,
    problems: swept.entries[0]?.problems,
  });
});
