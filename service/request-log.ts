/** A line per request: `2026-01-01T08:00:00.000Z POST /checkins 202 run=<run>`, with `-` for genuine traffic. */
import { openSync, writeSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tagAt, type Hop } from "./hops.ts";
import { soundRunOf } from "./tag.ts";

/** Appended with one write each, so that the workers' lines do not mix and none is lost with its process. */
export class RequestLog {
  readonly #file: number;
  readonly #dropTagAt: Hop | null;

  /** Throws what the file system throws. */
  constructor(path: string, dropTagAt: Hop | null) {
    this.#file = openSync(path, "a");
    this.#dropTagAt = dropTagAt;
  }

  /** The query is left out. */
  add({ method = "-", url = "-", headers }: IncomingMessage, status: number): void {
    const [path] = url.split("?", 1);
    const run = tagAt("log", soundRunOf(headers), this.#dropTagAt) ?? "-";
    writeSync(this.#file, `${new Date().toISOString()} ${method} ${path} ${status} run=${run}\n`);
  }
}
