import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JournalLine } from "../model/journal.ts";
import { journalLines } from "./journal-file.ts";
import { headerLine, intentLine, outcomeLine, parseLine } from "./journal-lines.ts";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-journal-"));
  path = join(dir, "journal-0.ndjson");
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = { op: "report", p: "load", a: 1 } as const;
const intent = intentLine({ ...write, n: 1, u: 1, key: "k-é-1" });
const outcome = outcomeLine({ ...write, n: 1, r: "created", id: "年" });
const [readIntent, readOutcome] = [intent, outcome].map((line) => parseLine(line)) as [JournalLine, JournalLine];

async function read(content: string | Buffer, bufferBytes?: number): Promise<(JournalLine | null)[]> {
  writeFileSync(path, content);
  const lines: (JournalLine | null)[] = [];
  for await (const some of journalLines(path, bufferBytes)) lines.push(...some);
  return lines;
}

describe("a journal file", () => {
  it("is read with its header and, as the first versions wrote it, without", async () => {
    expect(await read(headerLine + intent + outcome)).toEqual([readIntent, readOutcome]);
    expect(await read(intent + outcome)).toEqual([readIntent, readOutcome]);
    expect(await read("")).toEqual([]);
    expect(await read(headerLine)).toEqual([]);
  });

  it("of a newer version is refused, with what to do", async () => {
    const refusal = read('{"k":"v","journal":2}\n{"k":"i2"}\n');
    await expect(refusal).rejects.toThrow("is a journal of version 2, and this Peakproof reads those up to 1");
    await expect(refusal).rejects.toMatchObject({ kind: "usage", detail: { fix: expect.stringContaining("newer one") } });
  });

  it("may lack its last newline: a whole line counts, and a torn one does not", async () => {
    expect(await read(intent + outcome.trimEnd())).toEqual([readIntent, readOutcome]);
    for (let cut = 1; cut < Buffer.byteLength(outcome) - 1; cut++)
      expect(await read(Buffer.from(intent + outcome).subarray(0, Buffer.byteLength(intent) + cut))).toEqual([readIntent, null]);
  });

  it.each([
    ["zeroes, as a file system leaves after a crash", Buffer.alloc(5_000)],
    [
      "bytes that are no UTF-8, in a line that would be ours",
      Buffer.from(intent.trimEnd().replace("report", "rep\u00ffort"), "latin1"),
    ],
    ["a line of megabytes", Buffer.from(`{"k":"i","n":1,"op":"${"x".repeat(3_000_000)}","p":"load","a":1,"u":1}`)],
    ["a line of zeroes of megabytes", Buffer.alloc(1_000_000)],
    ["nothing", Buffer.alloc(0)],
  ])("may hold %s", async (_what, rubbish) => {
    const newline = Buffer.from("\n");
    const content = [Buffer.from(headerLine + intent), rubbish, newline, rubbish, newline, Buffer.from(outcome), rubbish];
    expect(await read(Buffer.concat(content))).toEqual([
      readIntent,
      null,
      null,
      readOutcome,
      ...(rubbish.length > 0 ? [null] : []),
    ]);
  });

  it("reads the same however it is cut into pieces, except for lines that fit into none", async () => {
    const line = fc.oneof(
      fc.constantFrom(Buffer.from(intent.trimEnd()), Buffer.from(outcome.trimEnd()), Buffer.from(headerLine.trimEnd())),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0 : byte)))),
    );
    const check = async (lines: readonly Buffer[], bufferBytes: number, isEnded: boolean): Promise<void> => {
      const content = Buffer.concat(
        lines.flatMap((each, at) => (at === lines.length - 1 && !isEnded ? [each] : [each, Buffer.from("\n")])),
      );
      const whole = await read(content);
      expect(await read(content, bufferBytes)).toEqual(whole);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.integer({ min: 210, max: 900 }), fc.boolean(), check),
      {
        numRuns: 300,
      },
    );
    const fitting = Buffer.byteLength(outcome);
    expect(fitting).toBeGreaterThan(Buffer.byteLength(intent));
    expect(await read(outcome + intent + outcome, fitting)).toEqual([readOutcome, readIntent, readOutcome]);
    expect(await read(intent + outcome + intent, fitting - 1)).toEqual([readIntent, null, readIntent]);
    expect(await read(intent + outcome, fitting - 1)).toEqual([readIntent, null]);
    expect(await read(intent + outcome.trimEnd(), fitting - 2)).toEqual([readIntent, null]);
  });

  it("believes no end of a line that was too long, whatever it looks like", async () => {
    const bufferBytes = 500;
    for (const rubbish of [499, 500, 501, 999, 1_000, 2_000].map((bytes) => "x".repeat(bytes))) {
      expect(await read(rubbish + intent + outcome, bufferBytes)).toEqual([null, readOutcome]);
      expect(await read(outcome.repeat(3) + rubbish + intent.trimEnd(), bufferBytes)).toEqual([
        ...Array(3).fill(readOutcome),
        null,
      ]);
    }
  });
});
