import * as fs from "node:fs";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Fault } from "../model/fault.ts";
import { FakeDisk, systemError } from "./journal-disk.fixture.ts";
import { headerLine } from "./journal-lines.ts";
import { Journal, type JournalDisk } from "./journal.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-journal-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

const noFault = (fault: Fault): never => {
  throw fault;
};
const write = { op: "report", p: "load", a: 1 } as const;
const lines = (path: string): unknown[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

/** Turns of the event loop until something holds; far more than any of it needs. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !holds(); turn++) await nextTurn();
  expect(holds()).toBe(true);
}

describe("a journal", () => {
  it("calls an intent synced only once it can be read from the disk, under a header", async () => {
    const path = join(dir, "journal-0.ndjson");
    const journal = new Journal(path, noFault);
    const ticket = journal.intend({ ...write, n: 7, u: 3, key: "k7" });
    expect(journal.isSynced(ticket)).toBe(false);
    await journal.drained();
    expect(journal.isSynced(ticket)).toBe(true);
    expect(lines(path)).toEqual([
      { k: "v", journal: 1 },
      { k: "i", ...write, n: 7, u: 3, key: "k7" },
    ]);
    await journal.close();
  });

  it("leaves a file without a line where nothing was to be written", async () => {
    const path = join(dir, "journal-0.ndjson");
    const journal = new Journal(path, noFault);
    await until(() => {
      try {
        return readFileSync(path, "utf8") === "";
      } catch {
        return false;
      }
    });
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("writes no file that is there, since another may be writing it", async () => {
    const path = join(dir, "journal-0.ndjson");
    writeFileSync(path, headerLine);
    const faults: Fault[] = [];
    const journal = new Journal(path, (fault) => faults.push(fault));
    journal.intend({ ...write, n: 1, u: 1 });
    await journal.close();
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining("EEXIST")]);
    expect(readFileSync(path, "utf8")).toBe(headerLine);
  });

  it("calls nothing synced between the write and the sync", async () => {
    const disk = new FakeDisk();
    const journal = new Journal("/nowhere/journal-0.ndjson", noFault, disk);
    const ticket = journal.intend({ ...write, n: 1, u: 1 });
    disk.hold();
    expect(journal.isSynced(ticket)).toBe(false);
    await until(() => disk.held === 1);
    expect([journal.isSynced(ticket), disk.writes, disk.syncs]).toEqual([false, 0, 0]);
    disk.release();
    disk.hold();
    await until(() => disk.held === 1);
    expect([journal.isSynced(ticket), disk.writes, disk.syncs]).toEqual([false, 1, 0]);
    disk.release();
    await until(() => journal.isSynced(ticket));
    expect(disk.synced).toContain('"n":1,');
    await journal.close();
    expect(disk.isClosed).toBe(true);
  });

  it("gathers what nobody waits for into few groups, and hurries once somebody asks in vain", async () => {
    const disk = new FakeDisk();
    const journal = new Journal("/nowhere/journal-0.ndjson", noFault, disk);
    journal.intend({ ...write, n: 0, u: 0 });
    await journal.drained();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (let n = 1; n <= 100; n++) {
      journal.intend({ ...write, n, u: n });
      await nextTurn();
    }
    expect(disk.syncs).toBe(1);
    vi.advanceTimersByTime(10);
    await until(() => disk.syncs === 2);
    const urgent = journal.intend({ ...write, n: 101, u: 0 });
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(disk.syncs).toBe(2);
    await until(() => journal.isSynced(urgent));
    expect([disk.writes, disk.syncs]).toEqual([3, 3]);
    await journal.close();
  });

  it("takes up again after every rest, whoever waited before it", async () => {
    const disk = new FakeDisk();
    const journal = new Journal("/nowhere/journal-0.ndjson", noFault, disk);
    for (let n = 0; n < 20; n++) {
      const ticket = journal.intend({ ...write, n, u: 0 });
      if (n % 2 === 0) journal.isSynced(ticket);
      await (n % 3 === 0 ? Promise.all([journal.drained(), journal.drained()]) : until(() => journal.isSynced(ticket)));
      expect(journal.isSynced(ticket)).toBe(true);
    }
    await journal.close();
    expect(disk.synced.trimEnd().split("\n")).toHaveLength(21);
  });

  it("writes what nobody asks for, too, after somebody waited for a group that was under way", async () => {
    const disk = new FakeDisk();
    const journal = new Journal("/nowhere/journal-0.ndjson", noFault, disk);
    const ticket = journal.intend({ ...write, n: 0, u: 0 });
    disk.hold();
    expect(journal.isSynced(ticket)).toBe(false);
    await until(() => disk.held === 1);
    const drained = journal.drained();
    disk.release();
    await drained;
    journal.settle({ ...write, n: 0, r: "created" });
    await vi.waitFor(() => expect(disk.synced).toContain('"r":"created"'));
    await journal.close();
  });

  it("asks no clock for the time: a clock that is set back and forth changes nothing", async () => {
    const path = join(dir, "journal-0.ndjson");
    vi.useFakeTimers({ toFake: ["Date"] });
    const journal = new Journal(path, noFault);
    for (const [n, date] of ["2026-11-21", "1970-01-01", "2038-01-19T03:14:08", "2000-02-29"].entries()) {
      vi.setSystemTime(new Date(date));
      const ticket = journal.intend({ ...write, n, u: n });
      await journal.drained();
      expect(journal.isSynced(ticket)).toBe(true);
    }
    await journal.close();
    expect(lines(path).slice(1)).toMatchObject([0, 1, 2, 3].map((n) => ({ k: "i", n, u: n })));
  });
});

describe("a disk that refuses", () => {
  async function failing(disk: FakeDisk): Promise<{ readonly faults: Fault[]; readonly synced: number }> {
    const faults: Fault[] = [];
    const journal = new Journal("/nowhere/journal-0.ndjson", (fault) => faults.push(fault), disk);
    let synced = 0;
    let isRefused = false;
    for (let n = 1; n <= 30; n++) {
      const ticket = journal.intend({ ...write, n, u: n });
      await journal.drained();
      if (journal.isSynced(ticket)) synced = n;
      else isRefused = true;
      expect(isRefused).toBe(n > synced);
    }
    await journal.close();
    return { faults, synced };
  }

  it("is reported once, with what to do, and nothing is called synced from then on", async () => {
    const disk = new FakeDisk();
    disk.room = 1_000;
    const { faults, synced } = await failing(disk);
    expect(faults.map((fault) => fault.kind)).toEqual(["disk"]);
    expect(faults[0]?.message).toContain("ENOSPC");
    expect(faults[0]?.detail.fix).toContain("free some space");
    expect(disk.written).toHaveLength(1_000);
    expect(disk.synced.endsWith("\n")).toBe(true);
    expect(synced).toBe(disk.synced.split("\n").length - 2);
    expect(synced).toBeGreaterThan(10);
    expect(disk.isClosed).toBe(true);
  });

  it("may take a part of what it is given, and is given the rest", async () => {
    const disk = new FakeDisk();
    disk.taking = 7;
    const { faults, synced } = await failing(disk);
    expect([faults, synced]).toEqual([[], 30]);
    expect(
      disk.synced
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => (JSON.parse(line) as { n: number }).n),
    ).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  });

  it("may fail in the sync alone", async () => {
    const disk = new FakeDisk();
    disk.syncError = systemError("EIO");
    const { faults, synced } = await failing(disk);
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining("EIO")]);
    expect([synced, disk.syncs]).toEqual([0, 1]);
  });

  it.each([
    ["ENOENT", fs],
    ["ENOSPC", { ...fs, open: (_path, _flags, done) => fs.open("/dev/full", "a", done) }],
  ] as [string, JournalDisk][])("may say so in the system's own words: %s", async (code, disk) => {
    const faults: Fault[] = [];
    const journal = new Journal(join(dir, "none", "journal-0.ndjson"), (fault) => faults.push(fault), disk);
    const ticket = journal.intend({ ...write, n: 1, u: 1 });
    await journal.close();
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining(code)]);
    expect(journal.isSynced(ticket)).toBe(false);
  });

  it("may be slower than the writes: it fails at 64 MiB, keeps no more, and syncs nothing even where it answers in the end", async () => {
    const disk = new FakeDisk();
    const faults: Fault[] = [];
    const journal = new Journal("/nowhere/journal-0.ndjson", (fault) => faults.push(fault), disk);
    const first = journal.intend({ ...write, n: 0, u: 0 });
    disk.hold();
    expect(journal.isSynced(first)).toBe(false);
    await until(() => disk.held === 1);
    const key = "k".repeat(1024 * 1024);
    for (let n = 1; n < 200; n++) journal.intend({ ...write, n, u: 0, key });
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining("slower than the writes")]);
    await journal.close();
    // The write is still the disk's: its file must not become another's meanwhile.
    expect(disk.isClosed).toBe(false);
    disk.release();
    await until(() => disk.syncs === 1);
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(journal.isSynced(first)).toBe(false);
  });
});
