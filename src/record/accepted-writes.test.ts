import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AcceptedWrite, JournalLine } from "../model/journal.ts";
import { acceptedWrites } from "./accepted-writes.ts";

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "peakproof-accepted-"))));
afterEach(() => rmSync(dir, { recursive: true }));

async function accepted(lines: readonly JournalLine[]): Promise<AcceptedWrite[]> {
  const path = join(dir, "journal-0.ndjson");
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const writes: AcceptedWrite[] = [];
  for await (const write of acceptedWrites([path], "report")) writes.push(write);
  return writes;
}

const intent = (n: number, a: number, key?: string): JournalLine => {
  return { k: "i", n, u: n + 10, op: "report", p: "load", a, ...(key === undefined ? {} : { key }) };
};
const created = (n: number, a: number, id?: string): JournalLine => {
  return { k: "o", n, op: "report", p: "load", a, r: "created", ...(id === undefined ? {} : { id }) };
};

it("gives accepted writes with the key and the user of their intents, with an id or without", async () => {
  const lines: JournalLine[] = [
    intent(0, 1, "k0"),
    intent(1, 1),
    intent(2, 1),
    created(1, 1),
    created(0, 1, "r0"),
    { k: "o", n: 2, op: "report", p: "load", a: 1, r: "rejected" },
    { k: "i", n: 3, u: 1, op: "other", p: "load", a: 1 },
    { k: "o", n: 3, op: "other", p: "load", a: 1, r: "created", id: "o3" },
    created(4, 1, "torn"),
  ];
  expect(await accepted(lines)).toEqual([
    { id: null, key: null, user: 11 },
    { id: "r0", key: "k0", user: 10 },
    { id: "torn", key: null, user: null },
  ]);
});

it("gives a write that was sent again once where it gave the same id, and twice where it was applied twice", async () => {
  const lines = [
    intent(0, 1, "k"),
    created(0, 1, "a"),
    intent(0, 2, "k"),
    created(0, 2, "a"),
    intent(1, 1),
    created(1, 1, "b"),
    intent(1, 2),
    created(1, 2, "c"),
  ];
  expect((await accepted(lines)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
});
