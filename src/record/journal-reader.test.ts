import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JournalAccess } from "../../cleanup/store.ts";
import type { Fault } from "../model/fault.ts";
import { journalAccess, journalPaths, readJournals } from "./journal-reader.ts";
import { Journal } from "./journal.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-journal-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const noFault = (fault: Fault): never => {
  throw fault;
};
const noProblem = (path: string, problem: string): never => expect.unreachable(`${path}: ${problem}`);
const write = { op: "report", p: "load", a: 1 } as const;

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function journal(worker: number, fill: (journal: Journal) => void): Promise<void> {
  const journal = new Journal(join(dir, `journal-${worker}.ndjson`), noFault);
  fill(journal);
  await journal.close();
}

describe("the journals of a run", () => {
  it("fold to what was created, refused, never sent, and unknown", async () => {
    await journal(0, (journal) => {
      for (let n = 0; n < 6; n++) journal.intend({ ...write, n, u: n });
      journal.settle({ ...write, n: 0, r: "created", id: "a" });
      journal.settle({ ...write, n: 1, r: "created", id: "b" });
      journal.settle({ ...write, n: 2, r: "rejected", s: 429 });
      journal.settle({ ...write, n: 3, r: "unsent" });
      journal.settle({ ...write, n: 4, r: "unknown" });
    });
    expect(await readJournals(journalPaths(dir), noProblem)).toEqual({
      files: 1,
      intents: 6,
      created: 2,
      rejected: 1,
      unsent: 1,
      unknown: 2,
      tornLines: 0,
      perOperation: { report: { intents: 6, created: 2, unknown: 2 } },
    });
  });

  it("are read past torn lines and lines of another kind", async () => {
    writeFileSync(
      join(dir, "journal-0.ndjson"),
      '{"k":"i","n":1,"u":1,"op":"report","p":"load","a":1}\n"hello"\n{"k":"x","n":1,"op":"y"}\n{"k":"i","n":2,"u"',
    );
    expect(await readJournals(journalPaths(dir), noProblem)).toMatchObject({ intents: 1, unknown: 1, tornLines: 3 });
  });

  it("never come to less than nothing where an intent is torn and its outcome is not", async () => {
    writeFileSync(
      join(dir, "journal-0.ndjson"),
      '{"k":"i","n":1\n{"k":"o","n":1,"op":"report","p":"load","a":1,"r":"created"}\n',
    );
    expect(await readJournals(journalPaths(dir), noProblem)).toMatchObject({ intents: 0, created: 1, unknown: 0, tornLines: 1 });
  });

  it("are read on where one of them cannot be, which is told and never taken for an unbroken journal", async () => {
    await journal(1, (journal) => journal.intend({ ...write, n: 1, u: 1 }));
    writeFileSync(join(dir, "journal-0.ndjson"), '{"k":"v","journal":2}\n{"k":"i","n":2,"u":1,"op":"report","p":"load","a":1}\n');
    const problems: string[] = [];
    const totals = await readJournals([...journalPaths(dir), join(dir, "none")], (_path, problem) => problems.push(problem));
    expect(totals).toMatchObject({ intents: 1, tornLines: 2 });
    expect(problems).toEqual([expect.stringContaining("version 2"), expect.stringContaining("ENOENT")]);
  });

  it("give created ids and open writes by operation, over all threads", async () => {
    const access: JournalAccess = journalAccess(dir);
    const other = { ...write, op: "__proto__" };
    await journal(0, (journal) => {
      journal.intend({ ...write, n: 0, u: 3, key: "k0" });
      journal.settle({ ...write, n: 0, r: "created", id: "年-0" });
      journal.intend({ ...other, n: 2, u: 4 });
      journal.settle({ ...other, n: 2, r: "created", id: "other" });
      journal.intend({ ...write, n: 4, u: 5, key: "k4" });
    });
    await journal(1, (journal) => {
      journal.intend({ ...write, n: 1, u: 6, key: "k1" });
      journal.settle({ ...write, n: 1, r: "unknown" });
      journal.intend({ ...write, a: 2, n: 1, u: 6, key: "k1" });
      journal.settle({ ...write, a: 2, n: 1, r: "created", id: "r-1" });
      journal.intend({ ...write, p: "prepare", n: -1, u: 0 });
      journal.settle({ ...write, p: "prepare", n: -1, r: "created" });
      journal.intend({ ...other, n: 3, u: 7 });
      journal.settle({ ...other, n: 3, r: "unknown", s: 500 });
    });
    for (const _again of [1, 2]) {
      expect(await allOf(access.created("report"))).toEqual(["年-0", "r-1"]);
      expect(await allOf(access.created("__proto__"))).toEqual(["other"]);
      expect(await allOf(access.open("report"))).toEqual([{ k: "i", ...write, n: 4, u: 5, key: "k4" }]);
      expect(await allOf(access.open("__proto__"))).toEqual([{ k: "i", ...other, n: 3, u: 7 }]);
      expect(await allOf(access.open("none"))).toEqual([]);
    }
    const totals = await readJournals(journalPaths(dir), noProblem);
    expect(Object.entries(totals.perOperation)).toEqual([
      ["report", { intents: 5, created: 3, unknown: 2 }],
      ["__proto__", { intents: 2, created: 1, unknown: 1 }],
    ]);
  });

  it("are not handed out as if they were whole where one cannot be read", async () => {
    writeFileSync(join(dir, "journal-0.ndjson"), '{"k":"v","journal":2}\n');
    const access = journalAccess(dir);
    await expect(allOf(access.created("report"))).rejects.toMatchObject({ kind: "usage" });
    await expect(allOf(access.open("report"))).rejects.toMatchObject({ kind: "usage" });
  });
});
