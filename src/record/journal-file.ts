import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { Fault } from "../model/fault.ts";
import { type JournalHeader, type JournalLine, journalVersion } from "../model/journal.ts";
import { parseLine } from "./journal-lines.ts";

/** Longest line that is believed, bytes, and all that is kept of a file at once. Ours have some 100: key and id are all that can grow. */
const lineBytesMax = 256 * 1024;

const newline = 0x0a;

/** Stands for a line that cannot be read as text. It is no JSON. */
const unreadable = "\uFFFD";

/**
 * The lines of one journal in their order, some thousands at a time, in constant memory whatever the file holds; null for one that is
 * torn or not ours. Throws a usage Fault where a newer version wrote the file, and what the system throws where it cannot be read.
 */
export async function* journalLines(path: string, bufferBytes = lineBytesMax): AsyncGenerator<(JournalLine | null)[]> {
  const file = await open(path);
  try {
    const cutter = new LineCutter(file, bufferBytes);
    for (let texts = await cutter.next(); texts !== null; texts = await cutter.next()) yield parsed(path, texts);
  } finally {
    await file.close();
  }
}

function parsed(path: string, texts: readonly string[]): (JournalLine | null)[] {
  const lines: (JournalLine | null)[] = [];
  for (const text of texts) {
    const line = parseLine(text);
    if (line?.k === "v") refuseNewer(path, line);
    else lines.push(line);
  }
  return lines;
}

function refuseNewer(path: string, { journal }: JournalHeader): void {
  if (journal <= journalVersion) return;
  throw new Fault("usage", `${path} is a journal of version ${journal}, and this Peakproof reads those up to ${journalVersion}`, {
    received: `version ${journal}`,
    expected: `version ${journalVersion} or an earlier one`,
    fix: "read it with the version of Peakproof that wrote it, or a newer one",
  });
}

/** Cuts a file into lines in one buffer. A line that does not fit is passed over and stands as one that cannot be read. */
class LineCutter {
  readonly #file: FileHandle;
  readonly #buffer: Buffer;
  /** Bytes at the buffer's start that belong to a line whose end has not been read. */
  #kept = 0;
  #isTooLong = false;

  constructor(file: FileHandle, bufferBytes: number) {
    this.#file = file;
    this.#buffer = Buffer.allocUnsafe(bufferBytes);
  }

  /** The next whole lines, maybe none yet; null at the end. */
  async next(): Promise<string[] | null> {
    const { bytesRead } = await this.#file.read(this.#buffer, this.#kept, this.#buffer.length - this.#kept);
    if (bytesRead === 0) return this.#last();
    const end = this.#kept + bytesRead;
    const cut = this.#buffer.lastIndexOf(newline, end - 1);
    if (cut === -1) return this.#keep(end);
    const texts = linesOf(this.#buffer.subarray(0, cut));
    if (this.#isTooLong) texts[0] = unreadable;
    this.#isTooLong = false;
    this.#buffer.copyWithin(0, cut + 1, end);
    this.#kept = end - cut - 1;
    return texts;
  }

  /** Nothing but the middle of a line has been read. */
  #keep(end: number): string[] {
    if (end === this.#buffer.length) this.#isTooLong = true;
    this.#kept = end === this.#buffer.length ? 0 : end;
    return [];
  }

  /** What is left at the end of the file: a line whose newline is missing, or none. */
  #last(): string[] | null {
    if (this.#kept === 0 && !this.#isTooLong) return null;
    const texts = this.#isTooLong ? [unreadable] : linesOf(this.#buffer.subarray(0, this.#kept));
    this.#kept = 0;
    this.#isTooLong = false;
    return texts;
  }
}

/** Decoded at once where all of it is UTF-8, which is much faster. Bytes that are not must not be believed as replacement characters. */
function linesOf(bytes: Buffer): string[] {
  if (isUtf8(bytes)) return bytes.toString().split("\n");
  return bytes
    .toString("latin1")
    .split("\n")
    .map((line) => Buffer.from(line, "latin1"))
    .map((line) => (isUtf8(line) ? line.toString() : unreadable));
}
