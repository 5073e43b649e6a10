/**
 * `untagged-<store>.ndjson`: the rows of others as they were before a run's first write, one line each, by which changes to them are
 * explained later. Keys and digests only: nothing of what the rows hold.
 */
import { constants, copyFileSync, createReadStream, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { UntaggedRow } from "../model/cleanup.ts";
import { Fault } from "../model/fault.ts";

function fileOf(dir: string, store: string): string {
  return join(dir, `untagged-${store}.ndjson`);
}

const flushCharacters = 64 * 1024;

/** Writes a store's rows down. Where there are more than `most`, the file lacks its last line, which says how many there are, and is not used. */
export async function keepUntaggedRows(
  dir: string,
  store: string,
  rows: AsyncIterable<UntaggedRow>,
  most: number,
): Promise<void> {
  const file = await open(fileOf(dir, store), "w");
  try {
    let count = 0;
    let text = "";
    for await (const { place, key, digest, at } of rows) {
      if (++count > most) return;
      text += `${JSON.stringify({ place, key, digest, at })}\n`;
      if (text.length < flushCharacters) continue;
      await file.writeFile(text);
      text = "";
    }
    await file.writeFile(`${text}${JSON.stringify({ end: count })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives one record's rows of a store to another, where there are any; without a second copy where the file system can. */
export function shareUntaggedRows(from: string, to: string, store: string): void {
  const path = fileOf(from, store);
  if (existsSync(path)) copyFileSync(path, fileOf(to, store), constants.COPYFILE_FICLONE);
}

/**
 * The rows again; null where none were kept, or not all of them: a list that was cut short would make every missing row look like one
 * that others added. Throws a usage Fault on the way where a line between is none of ours.
 */
export async function untaggedRowsThen(dir: string, store: string): Promise<AsyncIterable<UntaggedRow> | null> {
  const path = fileOf(dir, store);
  const count = existsSync(path) ? await countIn(path) : null;
  return count === null ? null : rowsOf(path, count);
}

/** How many rows the last line says there are; null where it says nothing. */
async function countIn(path: string): Promise<number | null> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 64));
    await file.read(tail, 0, tail.length, size - tail.length);
    const end = /(?:^|\n)\{"end":(\d{1,9})\}\n$/.exec(tail.toString());
    return end === null ? null : Number(end[1]);
  } finally {
    await file.close();
  }
}

async function* rowsOf(path: string, count: number): AsyncGenerator<UntaggedRow> {
  let seen = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (seen === count && line === JSON.stringify({ end: count })) return;
    const row = rowOf(line);
    if (row === null || ++seen > count) break;
    yield row;
  }
  throw new Fault("usage", `${path} is not what the run wrote`, {
    received: `${seen} lines that can be read`,
    expected: `${count} rows`,
    fix: "bring back the file as it was; without it, changes to untagged rows are not explained",
  });
}

function rowOf(line: string): UntaggedRow | null {
  try {
    const row = JSON.parse(line) as Partial<UntaggedRow> | null;
    const { place, key, digest, at } = row ?? {};
    if (typeof place !== "string" || typeof key !== "string" || typeof digest !== "string") return null;
    return at === null || typeof at === "string" ? { place, key, digest, at } : null;
  } catch {
    return null;
  }
}
