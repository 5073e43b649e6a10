/** The lines of a journal, both ways: what a writer puts down and what a reader makes of it. */
import {
  type JournalHeader,
  type JournalIntent,
  type JournalLine,
  type JournalOutcome,
  journalVersion,
} from "../model/journal.ts";
import type { Purpose } from "../model/tags.ts";

/** The first line of a file. */
export const headerLine = `${JSON.stringify({ k: "v", journal: journalVersion } satisfies JournalHeader)}\n`;

/** Fields are named one by one, so that they stand in the order in which `parseLine` is fast. */
export function intentLine({ n, op, p, a, u, key }: Omit<JournalIntent, "k">): string {
  return `${JSON.stringify({ k: "i", n, op, p, a, u, key })}\n`;
}

export function outcomeLine({ n, op, p, a, r, id, s }: Omit<JournalOutcome, "k">): string {
  return `${JSON.stringify({ k: "o", n, op, p, a, r, id, s })}\n`;
}

/** What one line says, without its newline; null where it is torn or not ours. */
export function parseLine(line: string): JournalLine | JournalHeader | null {
  return parseOurs(line) ?? parseAny(line);
}

/** Integers that are exact in a double, and strings without an escape: what JSON.parse makes of them is what they look like. */
const integer = String.raw`(0|-?[1-9]\d{0,14})`;
const text = String.raw`"([^"\\\u0000-\u001f]*)"`;
const ours = new RegExp(
  `^\\{"k":"(?:` +
    `i","n":${integer},"op":${text},"p":${text},"a":${integer},"u":${integer}(?:,"key":${text})?|` +
    `o","n":${integer},"op":${text},"p":${text},"a":${integer},"r":"(created|rejected|unknown|unsent)"(?:,"id":${text})?(?:,"s":${integer})?` +
    `)\\}$`,
);

type Open<Line> = { -readonly [Field in keyof Line]: Line[Field] };

/** Lines as `intentLine` and `outcomeLine` write them, nearly twice as fast as through JSON.parse; null: one for JSON.parse. */
function parseOurs(line: string): JournalLine | null {
  const match = ours.exec(line) as [string, ...(string | undefined)[]] | null;
  if (match === null) return null;
  const [, n, op = "", p = "", a, u, key, outcomeN, outcomeOp = "", outcomeP = "", outcomeA, r, id, s] = match;
  if (r === undefined) {
    const intent: Open<JournalIntent> = { k: "i", n: Number(n), op, p: p as Purpose, a: Number(a), u: Number(u) };
    if (key !== undefined) intent.key = detached(key);
    return intent;
  }
  const attempt = Number(outcomeA);
  const result = r as JournalOutcome["r"];
  const outcome: Open<JournalOutcome> = {
    k: "o",
    n: Number(outcomeN),
    op: outcomeOp,
    p: outcomeP as Purpose,
    a: attempt,
    r: result,
  };
  if (id !== undefined) outcome.id = detached(id);
  if (s !== undefined) outcome.s = Number(s);
  return outcome;
}

/**
 * A copy. V8 gives a part of a text as a view that keeps all of it, here thousands of lines, and whoever collects keys or ids would keep the
 * file. Joining and cutting again is the cheapest way to have it copied.
 */
function detached(part: string): string {
  return ` ${part}`.slice(1);
}

function parseAny(line: string): JournalLine | JournalHeader | null {
  try {
    const value: unknown = JSON.parse(line);
    return isOurs(value) ? value : null;
  } catch {
    return null;
  }
}

const outcomes: readonly unknown[] = ["created", "rejected", "unknown", "unsent"] satisfies JournalOutcome["r"][];

function isOurs(value: unknown): value is JournalLine | JournalHeader {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Partial<Record<string, unknown>>;
  if (line["k"] === "v") return Number.isSafeInteger(line["journal"]);
  const isPlaced = typeof line["op"] === "string" && typeof line["p"] === "string";
  if (!isPlaced || !Number.isSafeInteger(line["n"]) || !Number.isSafeInteger(line["a"])) return false;
  if (line["k"] === "i") return Number.isSafeInteger(line["u"]) && isTextOrNone(line["key"]);
  return line["k"] === "o" && outcomes.includes(line["r"]) && isTextOrNone(line["id"]) && isIntegerOrNone(line["s"]);
}

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === "string";
const isIntegerOrNone = (value: unknown): boolean => value === undefined || Number.isSafeInteger(value);
