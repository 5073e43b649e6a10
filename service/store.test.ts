import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { untaggedRows } from "./checksum.ts";
import type { Color, Run, WriteCommand } from "./messages.ts";
import { Reader } from "./reader.ts";
import { openForWriting } from "./schema.ts";
import { Writer } from "./writer.ts";

let folder: string;
const open: Writer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-test-"));
});
afterEach(() => {
  for (const writer of open.splice(0)) writer.close();
  rmSync(folder, { recursive: true });
});

function store(name = "store"): { writer: Writer; path: string } {
  const path = join(folder, name);
  const writer = new Writer(openForWriting(path));
  open.push(writer);
  return { writer, path };
}
function citizen(id: string, run: Run = null): WriteCommand {
  return { kind: "add-citizen", run, citizen: { id, name: id, idNumber: "1", phone: "1" } };
}
function report(id: string, run: Run, options: { key?: string; fingerprint?: string; color?: Color } = {}): WriteCommand {
  const { key, fingerprint = "f", color = "green" } = options;
  const declared = { citizenId: "c", symptoms: [], temperature: null, declaration: "{}", color, reportedAtMs: 1 };
  return { kind: "add-report", run, report: { id, ...declared }, keyUse: key === undefined ? null : { key, fingerprint } };
}
const outcomes = (writer: Writer, commands: readonly WriteCommand[]): string[] =>
  writer.apply(commands).map((each) => each.outcome);

describe("the writer", () => {
  it("stores a batch, and tells who was there already", () => {
    const { writer } = store();
    expect(outcomes(writer, [citizen("a"), citizen("b", "run-1"), citizen("a")])).toEqual(["created", "created", "existing"]);
    expect(writer.rows).toEqual({ tagged: 1, untagged: 1 });
  });

  it("stores nothing of a batch that fails, and says so of each command", () => {
    const { writer } = store();
    expect(outcomes(writer, [report("r", null)])).toEqual(["created"]);
    expect(outcomes(writer, [citizen("a"), report("r", null)])).toEqual(["failed", "failed"]);
    expect(writer.rows).toEqual({ tagged: 0, untagged: 1 });
  });

  it("makes one report of one key, refuses the key for another request, and keeps runs apart", () => {
    const { writer, path } = store();
    expect(outcomes(writer, [report("r1", "run-1", { key: "k" }), report("r2", "run-1", { key: "k" })])).toEqual([
      "created",
      "existing",
    ]);
    expect(outcomes(writer, [report("r3", "run-1", { key: "k", fingerprint: "other" })])).toEqual(["key-reused"]);
    expect(outcomes(writer, [report("r4", "run-2", { key: "k" }), report("r5", null, { key: "k" })])).toEqual([
      "created",
      "created",
    ]);
    const reader = new Reader(path);
    const use = { key: "k", fingerprint: "f" };
    expect([reader.reportOf(use, "run-1"), reader.reportOf(use, null), reader.reportOf(use, "run-3")]).toEqual([
      "r1",
      "r5",
      undefined,
    ]);
  });

  it("frees the key of a report that was taken back", () => {
    const { writer } = store();
    expect(outcomes(writer, [report("r1", "run-1", { key: "k" }), { kind: "remove-report", run: "run-1", id: "r1" }])).toEqual([
      "created",
      "removed",
    ]);
    expect(writer.rows.tagged).toBe(0);
  });

  it("lets a run take back its own reports only", () => {
    const { writer } = store();
    outcomes(writer, [report("real", null), report("r1", "run-1")]);
    const remove = (run: Run, id: string): WriteCommand => ({ kind: "remove-report", run, id });
    expect(outcomes(writer, [remove("run-2", "r1"), remove("run-1", "real"), remove(null, "real")])).toEqual([
      "missing",
      "missing",
      "removed",
    ]);
  });

  it("colors a code by the latest report of the citizen's own kind", () => {
    const { writer, path } = store();
    outcomes(writer, [citizen("c"), report("r1", "run-1", { color: "red" })]);
    const reader = new Reader(path);
    expect(reader.code("c")?.color).toBe("green");
    outcomes(writer, [report("r2", null, { color: "red" })]);
    expect(reader.code("c")?.color).toBe("red");
  });

  it("removes at most the limit of one run's rows, and no other's", () => {
    const { writer } = store();
    outcomes(writer, [citizen("real"), citizen("other", "run-2"), citizen("a", "run-1"), report("r", "run-1", { key: "k" })]);
    expect([
      writer.rowsOf("run-1"),
      writer.removeRun("run-1", 2),
      writer.removeRun("run-1", 9),
      writer.removeRun("run-1", 9),
    ]).toEqual([3, 2, 1, 0]);
    expect([writer.rowsOf("run-2"), writer.rows]).toEqual([1, { tagged: 1, untagged: 1 }]);
  });

  it("refuses a tombstoned run's writes and drops its late check-ins, after a restart too", () => {
    const first = store();
    first.writer.tombstones.add("run-1");
    const again = store();
    expect(outcomes(again.writer, [citizen("a", "run-1"), citizen("b", "run-2")])).toEqual(["tombstoned", "created"]);
    const item = (id: string, run: Run) => ({ run, checkin: { id, citizenId: "a", venueId: "v", atMs: 0 }, enqueuedMs: 0 });
    expect(again.writer.addCheckins([item("1", "run-1"), item("2", null)])).toBe(1);
    expect(again.writer.rowsOf("run-1")).toBe(0);
  });
});

describe("the checksum of untagged rows", () => {
  it("depends on what the rows are, and neither on their order nor on tagged ones", async () => {
    const one = store("one");
    const two = store("two");
    one.writer.seed(50);
    two.writer.apply([citizen("t1", "run-1")]);
    two.writer.seed(50);
    const rows = [report("r1", null), report("r2", null), report("r3", null)];
    one.writer.apply(rows);
    two.writer.apply(rows.toReversed());
    const before = await untaggedRows(one.path);
    expect(before.count).toBe(53);
    expect(await untaggedRows(two.path)).toEqual(before);
    one.writer.apply([{ kind: "remove-report", run: null, id: "r1" }, report("r1", null, { color: "red" })]);
    const after = await untaggedRows(one.path);
    expect(after.count).toBe(53);
    expect(after.checksum).not.toBe(before.checksum);
  });

  it("reads one snapshot of 100,000 rows while the writer goes on", async () => {
    const { writer, path } = store();
    writer.seed(100_000);
    const scan = untaggedRows(path);
    let longestMs = 0;
    let written = 0;
    const progress = { done: false };
    void scan.then(() => (progress.done = true));
    while (!progress.done) {
      const startMs = performance.now();
      writer.apply([citizen(`late-${written++}`)]);
      await nextTurn();
      longestMs = Math.max(longestMs, performance.now() - startMs);
    }
    expect((await scan).count).toBe(100_000);
    expect(written).toBeGreaterThan(10);
    // A slice is 4 ms; the rest is what a busy machine may add.
    expect(longestMs).toBeLessThan(100);
  });
});
