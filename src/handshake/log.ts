import { statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { withRun, type Canary, type Look, type Observer } from "./observer.ts";

/** Read at a time. */
const chunkBytes = 256 * 1024;
/** Longest line that is kept in mind while its end has not been written. */
const longestLine = 64 * 1024;

export interface LogPlace {
  readonly hop: string;
  readonly file: string;
  /** With `{run}` in it: a text that a line must contain, or an expression between slashes that it must match. */
  readonly pattern: string;
}

/** A log file, from where it ended when the canary's turn came. One that has shrunk since was begun anew. */
export class LogObserver implements Observer {
  readonly #place: LogPlace;

  /** Throws a usage Fault where the pattern is no regular expression. */
  constructor(place: LogPlace) {
    this.#place = place;
    this.#matcher({ runId: "run", operation: "" });
  }

  watch(canary: Canary): Look {
    const matches = this.#matcher(canary);
    let from = this.#size();
    let rest = "";
    return async () => {
      const size = this.#size();
      if (size < from) {
        from = 0;
        rest = "";
      }
      await using file = await this.#open();
      while (from < size) {
        const { text, bytes } = await readAt(file, from);
        if (bytes === 0) break;
        from += bytes;
        const lines = (rest + text).split("\n");
        if (lines.some(matches)) return true;
        rest = (lines.at(-1) ?? "").slice(-longestLine);
      }
      return false;
    };
  }

  async close(): Promise<void> {}

  #matcher(canary: Canary): (line: string) => boolean {
    const { hop, pattern } = this.#place;
    const filled = withRun(pattern, canary);
    const [, expression, flags] = /^\/(.+)\/([imsu]*)$/s.exec(filled) ?? [];
    if (expression === undefined) return (line) => line.includes(filled);
    try {
      const compiled = new RegExp(expression, flags);
      return (line) => compiled.test(line);
    } catch (thrown) {
      throw new Fault("usage", `the pattern of hop "${hop}" is no regular expression: ${messageOf(thrown)}`, {
        received: pattern,
        fix: 'a plain text needs no slashes: "run={run}"',
      });
    }
  }

  #size(): number {
    try {
      return statSync(this.#place.file).size;
    } catch (thrown) {
      throw this.#unreadable(thrown);
    }
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#place.file, "r");
    } catch (thrown) {
      throw this.#unreadable(thrown);
    }
  }

  /** A log that is being rotated is missing for a moment. */
  #unreadable(thrown: unknown): Fault {
    const { hop, file } = this.#place;
    const kind = errnoOf(thrown) === "ENOENT" ? "unreachable" : "usage";
    return new Fault(kind, `hop "${hop}" cannot be asked: ${messageOf(thrown)}`, {
      expected: `a log file that this machine can read at ${file}`,
      fix: "check the path; a log of another machine is looked at by http, or by the scenario's own seen()",
    });
  }
}

/** Characters of several bytes may be cut at a chunk's end; run ids have none. */
async function readAt(file: FileHandle, from: number): Promise<{ readonly text: string; readonly bytes: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, from);
  return { text: buffer.toString("utf8", 0, bytesRead), bytes: bytesRead };
}
