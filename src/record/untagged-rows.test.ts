import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { UntaggedRow } from "../model/cleanup.ts";
import { keepUntaggedRows, shareUntaggedRows, untaggedRowsThen } from "./untagged-rows.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-untagged-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const rowsOf = (count: number): UntaggedRow[] =>
  Array.from({ length: count }, (_, number) => ({
    place: "store",
    key: `k-${number}\n"é"`,
    digest: "d",
    at: number % 2 ? null : "2026-01-01T00:00:00Z",
  }));

async function* each(rows: readonly UntaggedRow[]): AsyncGenerator<UntaggedRow> {
  yield* rows;
}

async function keep(rows: readonly UntaggedRow[], most = 100_000): Promise<string> {
  await keepUntaggedRows(dir, "http-2", each(rows), most);
  return join(dir, "untagged-http-2.ndjson");
}

async function readAgain(): Promise<UntaggedRow[] | null> {
  const kept = await untaggedRowsThen(dir, "http-2");
  if (kept === null) return null;
  const rows: UntaggedRow[] = [];
  for await (const row of kept) rows.push(row);
  return rows;
}

it.each([0, 1, 5_000])("gives %i rows back as they were", async (count) => {
  await keep(rowsOf(count));
  expect(await readAgain()).toEqual(rowsOf(count));
});

it("keeps nothing of a row but its place, key, digest and instant", async () => {
  const path = await keep(rowsOf(1).map((row) => Object.assign(row, { name: "a person" })));
  expect(readFileSync(path, "utf8")).not.toContain("a person");
});

it("has none where none were kept, for this store", async () => {
  await keep(rowsOf(1));
  expect(await untaggedRowsThen(dir, "http")).toBeNull();
});

it("does not use a list with more rows than are kept", async () => {
  await keep(rowsOf(4), 3);
  expect(await readAgain()).toBeNull();
});

it("does not use a torn list, wherever it was cut", async () => {
  const path = await keep(rowsOf(2));
  const { length } = readFileSync(path);
  for (let size = 0; size < length; size++) {
    await keep(rowsOf(2));
    truncateSync(path, size);
    expect(await readAgain()).toBeNull();
  }
});

it("does not use a list to which something was added", async () => {
  appendFileSync(await keep(rowsOf(2)), "{}\n");
  expect(await readAgain()).toBeNull();
});

it.each([
  ["a line is none of ours", (text: string) => text.replace('"place":"store"', '"place":7')],
  ["a line is no JSON", (text: string) => text.replace("{", "")],
  ["a line is missing", (text: string) => text.replace(/^.*\n/, "")],
  ["a line is there twice", (text: string) => text.replace(/^(.*\n)/, "$1$1")],
])("refuses a list where %s", async (_, edit) => {
  const path = await keep(rowsOf(3));
  writeFileSync(path, edit(readFileSync(path, "utf8")));
  await expect(readAgain()).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining("is not what the run wrote"),
  });
});

it("are another record's, too, where they are shared, and of a store that kept none there are none", async () => {
  const path = await keep(rowsOf(3));
  const other = join(dir, "other");
  mkdirSync(other);
  shareUntaggedRows(dir, other, "http-2");
  shareUntaggedRows(dir, other, "redis");
  expect(readFileSync(join(other, "untagged-http-2.ndjson"), "utf8")).toBe(readFileSync(path, "utf8"));
  expect(readdirSync(other)).toHaveLength(1);
});
