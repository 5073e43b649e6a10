import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../model/fault.ts";
import type { JournalIntent, JournalLine, JournalTotals } from "../model/journal.ts";
import { acceptedWrites } from "./accepted-writes.ts";
import { journalLines } from "./journal-file.ts";
import { OpenWrites } from "./open-writes.ts";

/** The journals of a run directory, one for each load thread. Throws what the system throws where it cannot be listed. */
export function journalPaths(dir: string): string[] {
  const names = readdirSync(dir).filter((name) => /^journal-\d+\.ndjson$/.test(name));
  return names.toSorted().map((name) => join(dir, name));
}

interface Counts {
  intents: number;
  created: number;
  rejected: number;
  unsent: number;
}

/**
 * Folds the journals of a run, in constant memory. A line that is torn or not ours is counted, never believed; a file that cannot be read
 * is told to `problem`.
 */
export async function readJournals(
  paths: readonly string[],
  problem: (path: string, problem: string) => void,
): Promise<JournalTotals> {
  const perOperation = Object.create(null) as Record<string, Counts>;
  let tornLines = 0;
  for (const path of paths) {
    try {
      for await (const lines of journalLines(path)) {
        for (const line of lines) {
          if (line === null) tornLines += 1;
          else count((perOperation[line.op] ??= { intents: 0, created: 0, rejected: 0, unsent: 0 }), line);
        }
      }
    } catch (thrown) {
      tornLines += 1;
      problem(path, messageOf(thrown));
    }
  }
  return { files: paths.length, ...totalsOf(perOperation, tornLines) };
}

function count(counts: Counts, line: JournalLine): void {
  if (line.k === "i") counts.intents += 1;
  else if (line.r !== "unknown") counts[line.r] += 1;
}

function totalsOf(counts: Readonly<Record<string, Counts>>, tornLines: number): Omit<JournalTotals, "files"> {
  const sum = { intents: 0, created: 0, rejected: 0, unsent: 0, unknown: 0 };
  const perOperation = Object.create(null) as Record<string, JournalTotals["perOperation"][string]>;
  for (const [operation, { intents, created, rejected, unsent }] of Object.entries(counts)) {
    // Less than nothing only where an intent's line was torn and its outcome's was not.
    const unknown = Math.max(0, intents - created - rejected - unsent);
    perOperation[operation] = { intents, created, unknown };
    sum.intents += intents;
    sum.created += created;
    sum.rejected += rejected;
    sum.unsent += unsent;
    sum.unknown += unknown;
  }
  return { ...sum, tornLines, perOperation };
}

/**
 * Ids that `created` gave for an operation's writes, in constant memory: one for each attempt that was accepted, so that a target which
 * answers a repeated key gives the same one twice. Throws what `journalLines` throws.
 */
export async function* createdIds(dir: string, operation: string): AsyncGenerator<string> {
  for (const path of journalPaths(dir)) {
    for await (const lines of journalLines(path)) {
      for (const line of lines) {
        if (line?.k === "o" && line.op === operation && line.r === "created" && line.id !== undefined) yield line.id;
      }
    }
  }
}

/**
 * Writes of an operation that may have landed without us knowing it: see `OpenWrites`. Memory grows with what is open at once, some 400
 * bytes each, and not with the journal. Throws what `journalLines` throws.
 */
export async function* openWrites(dir: string, operation: string): AsyncGenerator<JournalIntent> {
  for (const path of journalPaths(dir)) {
    // All lines of a write are in one file: whoever takes it up also tries it again.
    const open = new OpenWrites();
    for await (const lines of journalLines(path)) {
      for (const line of lines) if (line?.op === operation) open.add(line);
    }
    yield* open.latest();
  }
}

/**
 * Accepted writes of an operation of which an earlier attempt, with the same key, had no known outcome: a target that keeps to keys has
 * applied them once. Memory as that of `openWrites`. Throws what `journalLines` throws.
 */
export async function* retriedWrites(dir: string, operation: string): AsyncGenerator<JournalIntent> {
  for (const path of journalPaths(dir)) {
    let retried: JournalIntent[] = [];
    const open = new OpenWrites((intent) => retried.push(intent));
    for await (const lines of journalLines(path)) {
      for (const line of lines) if (line?.op === operation) open.add(line);
      yield* retried;
      retried = [];
    }
  }
}

/** The journal of a run directory for whoever sweeps: read again for each question. */
export function journalAccess(dir: string) {
  return {
    created: (operation: string) => createdIds(dir, operation),
    accepted: (operation: string) => acceptedWrites(journalPaths(dir), operation),
    open: (operation: string) => openWrites(dir, operation),
    retried: (operation: string) => retriedWrites(dir, operation),
  };
}
