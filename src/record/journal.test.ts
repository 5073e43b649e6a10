import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../model/fault.ts";
import { readJournals } from "./journal-reader.ts";
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

describe("a journal", () => {
  it("calls an intent synced only once it can be read from the disk", async () => {
    const path = join(dir, "journal-0.ndjson");
    const journal = new Journal(path, noFault);
    const ticket = journal.intend({ ...write, n: 7, u: 3, key: "k7" });
    expect(journal.isSynced(ticket)).toBe(false);
    await journal.drained();
    expect(journal.isSynced(ticket)).toBe(true);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ k: "i", ...write, n: 7, u: 3, key: "k7" });
    await journal.close();
  });

  it("folds to what was created, refused, never sent, and unknown", async () => {
    const path = join(dir, "journal-0.ndjson");
    const journal = new Journal(path, noFault);
    for (let n = 0; n < 6; n++) journal.intend({ ...write, n, u: n });
    journal.settle({ ...write, n: 0, r: "created", id: "a" });
    journal.settle({ ...write, n: 1, r: "created", id: "b" });
    journal.settle({ ...write, n: 2, r: "rejected", s: 429 });
    journal.settle({ ...write, n: 3, r: "unsent" });
    journal.settle({ ...write, n: 4, r: "unknown" });
    await journal.close();
    expect(await readJournals([path], noProblem)).toEqual({
      intents: 6,
      created: 2,
      rejected: 1,
      unsent: 1,
      unknown: 2,
      tornLines: 0,
      perOperation: { report: { intents: 6, created: 2, unknown: 2 } },
    });
  });

  it("is read past a torn last line and lines of another kind", async () => {
    const path = join(dir, "journal-0.ndjson");
    appendFileSync(
      path,
      '{"k":"i","n":1,"u":1,"op":"report","p":"load","a":1}\n"hello"\n{"k":"x","n":1,"op":"y"}\n{"k":"i","n":2,"u"',
    );
    expect(await readJournals([path], noProblem)).toMatchObject({ intents: 1, unknown: 1, tornLines: 3 });
  });

  it("reports a disk that refuses, once, and never calls anything synced from then on", async () => {
    const faults: Fault[] = [];
    const journal = new Journal("/dev/full", (fault) => faults.push(fault));
    const tickets = [journal.intend({ ...write, n: 1, u: 1 }), journal.intend({ ...write, n: 2, u: 2 })];
    await journal.drained();
    expect(faults.map((fault) => fault.kind)).toEqual(["disk"]);
    expect(faults[0]?.message).toContain("ENOSPC");
    expect(tickets.some((ticket) => journal.isSynced(ticket))).toBe(false);
    await journal.close();
  });
});
