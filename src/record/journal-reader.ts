import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../model/fault.ts";
import type { JournalLine, JournalTotals } from "../model/journal.ts";

interface OperationCounts {
  intents: number;
  created: number;
  unknown: number;
}

type OpenTotals = { -readonly [Field in keyof Omit<JournalTotals, "perOperation">]: number } & {
  perOperation: Record<string, OperationCounts>;
};

/**
 * Reads the journals of a run, line by line. A line that is torn or not ours is counted, never believed; a file that cannot be read
 * is told to `problem`.
 */
export async function readJournals(
  paths: readonly string[],
  problem: (path: string, problem: string) => void,
): Promise<JournalTotals> {
  const totals: OpenTotals = {
    intents: 0,
    created: 0,
    rejected: 0,
    unsent: 0,
    unknown: 0,
    tornLines: 0,
    perOperation: Object.create(null) as Record<string, OperationCounts>,
  };
  for (const path of paths) {
    try {
      const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
      for await (const line of lines) {
        const entry = parseLine(line);
        if (entry === null) totals.tornLines += 1;
        else count(totals, entry);
      }
    } catch (thrown) {
      problem(path, messageOf(thrown));
    }
  }
  return totals;
}

function parseLine(line: string): JournalLine | null {
  try {
    const value: unknown = JSON.parse(line);
    return isJournalLine(value) ? value : null;
  } catch {
    return null;
  }
}

function isJournalLine(value: unknown): value is JournalLine {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Partial<Record<string, unknown>>;
  if (typeof line["n"] !== "number" || typeof line["op"] !== "string") return false;
  return line["k"] === "i" || (line["k"] === "o" && ["created", "rejected", "unknown", "unsent"].includes(String(line["r"])));
}

function count(totals: OpenTotals, line: JournalLine): void {
  const operation = (totals.perOperation[line.op] ??= { intents: 0, created: 0, unknown: 0 });
  if (line.k === "i") {
    totals.intents += 1;
    totals.unknown += 1;
    operation.intents += 1;
    operation.unknown += 1;
    return;
  }
  if (line.r === "unknown") return;
  totals[line.r] += 1;
  totals.unknown -= 1;
  operation.unknown -= 1;
  if (line.r === "created") operation.created += 1;
}
