import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";

/** File names of a run record (design section 4). */
export const recordFiles = {
  run: "run.json",
  series: "series.ndjson",
  vitals: "vitals.ndjson",
  events: "events.ndjson",
  latency: "latency.hlog",
  samples: "samples.ndjson",
  verdict: "verdict.json",
  cleanup: "cleanup.json",
  summary: "summary.json",
  report: "report.html",
  csv: "report.csv",
  /** Only while somebody is at work there. */
  lease: "lease.json",
} as const;

/** What a closed-loop sweep leaves beside its page, in a folder of its own. */
export const saturationFile = "saturate.json";

/** `journal-3.ndjson` for worker 3. */
export function journalFile(worker: number): string {
  return `journal-${worker}.ndjson`;
}

/** A write that the disk refused, in words that say what to do. */
export function diskFault(path: string, thrown: unknown): Fault {
  const code = errnoOf(thrown);
  const fix =
    code === "ENOSPC" || code === "EDQUOT"
      ? "free some space, or give another folder with --out"
      : "check the folder and its permissions";
  return new Fault("disk", `cannot write ${path}: ${messageOf(thrown)}`, { fix }, { cause: thrown });
}

/** Replaces a file's whole text so that a reader, or a crash, sees the old text or the new one and never a part. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw diskFault(dirname(path), thrown);
  }
}

/** Keeps a file that is about to be replaced, as `<file>.<milliseconds since 1970>`. Throws a disk Fault. */
export function setAside(path: string): void {
  try {
    renameSync(path, `${path}.${Date.now()}`);
  } catch (thrown) {
    throw diskFault(path, thrown);
  }
}

/** JSON with a trailing newline, indented: people read these files. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Appends lines to one file, in whole lines. Buffered until `flush`, so that a second costs one write. */
export class LineFile {
  readonly #path: string;
  readonly #file: number;
  #buffered: string[] = [];

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "a");
    } catch (thrown) {
      throw diskFault(path, thrown);
    }
  }

  append(value: unknown): void {
    this.#buffered.push(JSON.stringify(value));
  }

  appendText(line: string): void {
    this.#buffered.push(line);
  }

  flush(): void {
    if (this.#buffered.length === 0) return;
    const bytes = Buffer.from(`${this.#buffered.join("\n")}\n`);
    this.#buffered = [];
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    } catch (thrown) {
      throw diskFault(this.#path, thrown);
    }
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#file);
    }
  }
}
