import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalIntent, JournalLine, JournalOutcome } from "../model/journal.ts";
import { purposes } from "../model/tags.ts";
import { intentLine, outcomeLine, parseLine } from "./journal-lines.ts";

const integer = fc.oneof(fc.maxSafeInteger(), fc.nat(100_000));
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("report", "年末 申告", '"', "\\", "\u2028", "\ud800", ""),
);
const base = { n: integer, op: text, p: fc.constantFrom(...purposes), a: fc.integer({ min: 1, max: 100 }) };
const intents = fc.record({ ...base, u: integer, key: text }, { requiredKeys: ["n", "op", "p", "a", "u"] });
const outcomes = fc.record(
  { ...base, r: fc.constantFrom("created", "rejected", "unknown", "unsent"), id: text, s: fc.integer({ min: 100, max: 599 }) },
  { requiredKeys: ["n", "op", "p", "a", "r"] },
);
const written = fc.oneof(
  intents.map((intent) => intentLine(intent).trimEnd()),
  outcomes.map((outcome) => outcomeLine(outcome).trimEnd()),
);

/** What a line says by JSON.parse alone, in the words of the model. */
function reference(line: string): JournalLine | null {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { k, n, op, p, a, u, key, r, id, s } = value;
  if (![n, a].every(Number.isSafeInteger) || ![op, p].every((name) => typeof name === "string")) return null;
  const isText = (part: unknown): boolean => part === undefined || typeof part === "string";
  if (k === "i" && Number.isSafeInteger(u) && isText(key)) return value as unknown as JournalIntent;
  const isOutcome = ["created", "rejected", "unknown", "unsent"].some((known) => known === r) && isText(id);
  return k === "o" && isOutcome && (s === undefined || Number.isSafeInteger(s)) ? (value as unknown as JournalOutcome) : null;
}

describe("a line of a journal", () => {
  it("reads as what was written", () => {
    const intentComesBack = fc.property(intents, (intent) => {
      expect(parseLine(intentLine(intent).trimEnd())).toEqual({ k: "i", ...intent });
    });
    const outcomeComesBack = fc.property(outcomes, (outcome) => {
      expect(parseLine(outcomeLine(outcome).trimEnd())).toEqual({ k: "o", ...outcome });
    });
    fc.assert(intentComesBack, { numRuns: 1_000 });
    fc.assert(outcomeComesBack, { numRuns: 1_000 });
  });

  it.each([
    intentLine({ n: 120, op: "report", p: "load", a: 1, u: 7, key: "k-120" }).trimEnd(),
    outcomeLine({ n: -5, op: "report", p: "prepare", a: 2, r: "created", id: "r-9", s: 201 }).trimEnd(),
  ])("reads as JSON.parse reads it, changed in any one place: %s", (line) => {
    const characters = [
      "",
      ...Array.from({ length: 0x180 }, (_, code) => String.fromCodePoint(code)),
      "\u2028",
      "\ufeff",
      "e1",
      "\\n",
    ];
    const edits = Array.from({ length: line.length + 1 }, (_, at) =>
      [0, 1].map((gone) => [line.slice(0, at), line.slice(at + gone)]),
    ).flat();
    const changed = edits.flatMap(([before, after]) => characters.map((character) => `${before}${character}${after}`));
    const text = (entry: unknown): string => JSON.stringify(entry);
    expect(changed.filter((edited) => text(parseLine(edited)) !== text(reference(edited)))).toEqual([]);
  });

  it("reads as JSON.parse reads it, changed in any few places", () => {
    const splices = fc.array(
      fc.record({
        at: fc.nat(120),
        gone: fc.nat(3),
        put: fc.oneof(
          fc.constantFrom("", '"', "\\", ",", "0", "-", "1e3", ".5", "}", "{", " ", "\t", "\0", ':"', "é"),
          fc.string({ maxLength: 3 }),
        ),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(written, splices, (line, changes) => {
        const changed = changes.reduce((before, { at, gone, put }) => before.slice(0, at) + put + before.slice(at + gone), line);
        expect(parseLine(changed)).toEqual(reference(changed));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '{"k":"i","n":9007199254740993,"op":"r","p":"load","a":1,"u":1}',
    '{"k":"i","n":01,"op":"r","p":"load","a":1,"u":1}',
    '{"k":"i","n":1,"op":"r","p":"load","a":1}',
    '{"k":"o","n":1,"op":"r","p":"load","a":1,"r":"maybe"}',
    '{"k":"o","n":1,"op":"r","p":"load","a":1,"r":"created","id":7}',
    '{"k":"v"}',
    "null",
    "",
  ])("is not believed where it is not ours: %s", (line) => {
    expect(parseLine(line)).toBeNull();
  });

  it("is read in any order of its fields, with ones that nobody knows yet", () => {
    expect(parseLine(' {"u":1,"a":1,"p":"load","op":"\\u0072","n":1e2,"k":"i","z":[]}\r')).toMatchObject({
      k: "i",
      n: 100,
      op: "r",
    });
  });
});
