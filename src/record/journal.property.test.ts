import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { JournalIntent, JournalLine, JournalOutcome, JournalTotals } from "../model/journal.ts";
import { FakeDisk } from "./journal-disk.fixture.ts";
import { headerLine, intentLine, outcomeLine } from "./journal-lines.ts";
import { journalPaths, openWrites, readJournals } from "./journal-reader.ts";
import { Journal } from "./journal.ts";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-journal-"));
  path = join(dir, "journal-0.ndjson");
});
afterEach(() => rmSync(dir, { recursive: true }));

const outcome = fc.constantFrom<JournalOutcome["r"] | null>("created", "rejected", "unknown", "unsent", null);
/** Writes by number: their operation, their key and what becomes of them. */
const writes = fc.array(
  fc.record({ op: fc.constantFrom("report", "年末", 'say "no"'), key: fc.option(fc.string(), { nil: undefined }), r: outcome }),
  { maxLength: 12 },
);
type Write = Parameters<Parameters<typeof writes.map>[0]>[0][number];

/** As engines journal them: intents some time ahead, and outcomes after. */
function linesOf(all: readonly Write[], ahead: number): JournalLine[] {
  const lines: JournalLine[] = [];
  for (let n = 0; n < all.length + ahead; n++) {
    const coming = all[n];
    if (coming !== undefined) lines.push(intentOf(coming, n));
    const going = all[n - ahead];
    if (going !== undefined && going.r !== null) lines.push({ k: "o", n: n - ahead, op: going.op, p: "load", a: 1, r: going.r });
  }
  return lines;
}

function intentOf({ op, key }: Write, n: number): JournalIntent {
  return { k: "i", n, op, p: "load", a: 1, u: n, ...(key === undefined ? {} : { key }) };
}

const text = (line: JournalLine): string => (line.k === "i" ? intentLine(line) : outcomeLine(line));

/** What lines come to, counted the plain way. */
function expected(lines: readonly JournalLine[]): Pick<JournalTotals, "intents" | "created" | "rejected" | "unsent" | "unknown"> {
  const ended = (result: JournalOutcome["r"]): number => lines.filter((line) => line.k === "o" && line.r === result).length;
  const intents = lines.filter(({ k }) => k === "i").length;
  const [created, rejected, unsent] = [ended("created"), ended("rejected"), ended("unsent")];
  return { intents, created, rejected, unsent, unknown: intents - created - rejected - unsent };
}

const read = (): Promise<JournalTotals> => readJournals(journalPaths(dir), (_path, problem) => expect.unreachable(problem));

it("reads, cut at any byte, as what had been written whole by then", async () => {
  const check = async (all: readonly Write[], ahead: number, share: number): Promise<void> => {
    const lines = linesOf(all, ahead);
    const bytes = Buffer.from(headerLine + lines.map(text).join(""));
    const prefix = bytes.subarray(0, Math.round(share * bytes.length));
    writeFileSync(path, prefix);
    // A line whose newline alone is missing is whole.
    const newlines = [...prefix, ...(bytes[prefix.length] === 0x0a ? [0x0a] : [])].filter((byte) => byte === 0x0a).length;
    const isTorn = prefix.length > 0 && prefix.at(-1) !== 0x0a && bytes[prefix.length] !== 0x0a;
    const whole = lines.slice(0, Math.max(0, newlines - 1));
    expect(await read()).toMatchObject({ ...expected(whole), tornLines: Number(isTorn) });
    const open: JournalIntent[] = [];
    for await (const intent of openWrites(dir, "report")) open.push(intent);
    const settled = new Set(whole.filter((line) => line.k === "o" && line.r !== "unknown").map(({ n }) => n));
    expect(open).toEqual(whole.filter(({ k, n, op }) => k === "i" && op === "report" && !settled.has(n)));
  };
  await fc.assert(fc.asyncProperty(writes, fc.nat(5), fc.double({ min: 0, max: 1, noNaN: true }), check), { numRuns: 500 });
});

it("reads past whatever stands between its lines, counts it, and believes none of it", async () => {
  const rubbish = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => bytes.map((byte) => (byte === 0x0a ? 0 : byte))),
    fc.string().map((line) => Buffer.from(JSON.stringify({ k: "i", n: line, op: "report" }))),
    fc.nat(40).map((length) => Buffer.from(intentLine({ n: 1, op: "report", p: "load", a: 1, u: 1 })).subarray(0, length)),
  );
  const check = async (
    all: readonly Write[],
    between: readonly { readonly at: number; readonly bytes: Uint8Array }[],
  ): Promise<void> => {
    const lines = linesOf(all, 2);
    writeFileSync(path, headerLine);
    for (const [at, line] of [...lines, null].entries()) {
      for (const { bytes } of between.filter((piece) => piece.at % (lines.length + 1) === at))
        appendFileSync(path, Buffer.concat([bytes, Buffer.from("\n")]));
      if (line !== null) appendFileSync(path, text(line));
    }
    expect(await read()).toMatchObject({ ...expected(lines), tornLines: between.length });
  };
  const pieces = fc.array(fc.record({ at: fc.nat(30), bytes: rubbish }), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(writes, pieces, check), { numRuns: 300 });
});

/** Numbers of the writes that the journal calls synced. */
const synced = (journal: Journal, tickets: ReadonlyMap<number, number>): number[] =>
  [...tickets].filter(([, ticket]) => journal.isSynced(ticket)).map(([write]) => write);
const isIn = (disk: FakeDisk, write: number): boolean => disk.synced.includes(`{"k":"i","n":${write},`);

it("holds, whenever the power is cut, every intent that was called synced", async () => {
  const check = async (steps: readonly (number | "asks" | "rests")[], room: number, taking: number): Promise<void> => {
    const disk = Object.assign(new FakeDisk(), { room, taking });
    const journal = new Journal("/nowhere/journal-0.ndjson", () => undefined, disk);
    const tickets = new Map<number, number>();
    const lost: number[] = [];
    let n = 0;
    for (const step of steps) {
      if (step === "rests") await journal.drained();
      if (typeof step === "number")
        for (const last = n + step; n < last; n++) tickets.set(n, journal.intend({ n, op: "r", p: "load", a: 1, u: 0 }));
      await new Promise((resolve) => setImmediate(resolve));
      if (step === "asks") lost.push(...synced(journal, tickets).filter((write) => !isIn(disk, write)));
    }
    await journal.close();
    expect(lost).toEqual([]);
    const after = synced(journal, tickets);
    expect(after.filter((write) => !isIn(disk, write))).toEqual([]);
    expect(disk.room === 0 || after.length === tickets.size).toBe(true);
  };
  const steps = fc.array(fc.oneof(fc.nat(4), fc.constantFrom("asks" as const, "rests" as const)), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, fc.oneof(fc.nat(1_000), fc.constant(100_000)), fc.integer({ min: 1, max: 300 }), check),
    {
      numRuns: 100,
    },
  );
});
