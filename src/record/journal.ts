import { close, fdatasync, open, write } from "node:fs";
import type { Fault } from "../model/fault.ts";
import type { JournalIntent, JournalOutcome } from "../model/journal.ts";
import { diskFault } from "./files.ts";

/** Most text that may wait for the disk: at 120 bytes a line, some 500,000 writes behind. Beyond it the disk is the problem. */
const bufferedCharactersMax = 64 * 1024 * 1024;

/**
 * The write-ahead journal of one load thread. Intents are appended ahead of their due time and synced in groups by the thread
 * pool, so no write ever waits for the disk unless the disk is slower than the look-ahead; `isSynced` says when one may go.
 */
export class Journal {
  readonly #path: string;
  readonly #failed: (fault: Fault) => void;
  #file: number | null = null;
  #lines: string[] = [];
  #buffered = 0;
  #appended = 0;
  #synced = 0;
  #flushing = false;
  #dead = false;
  #idle: (() => void)[] = [];

  /** Opens (or creates) the file. `failed` is called once when the disk refuses; nothing is synced from then on. */
  constructor(path: string, failed: (fault: Fault) => void) {
    this.#path = path;
    this.#failed = failed;
    open(path, "a", (error, file) => {
      if (error !== null) return this.#fail(error);
      this.#file = file;
      this.#flush();
    });
  }

  /** Appends an intent; its ticket can be asked for with `isSynced`. */
  intend(intent: Omit<JournalIntent, "k">): number {
    return this.#append(JSON.stringify({ k: "i", ...intent }));
  }

  /** Appends an outcome. It rides on the next sync: losing it makes the write `unknown`, which cleanup looks for anyway. */
  settle(outcome: Omit<JournalOutcome, "k">): void {
    this.#append(JSON.stringify({ k: "o", ...outcome }));
  }

  isSynced(ticket: number): boolean {
    return ticket <= this.#synced;
  }

  /** Resolves when all that was appended is on disk, or the disk has failed. */
  drained(): Promise<void> {
    if (this.#dead || this.#synced === this.#appended) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    await this.drained();
    const file = this.#file;
    this.#file = null;
    if (file !== null) await new Promise<void>((resolve) => close(file, () => resolve()));
  }

  #append(line: string): number {
    this.#lines.push(line);
    this.#buffered += line.length + 1;
    this.#appended += 1;
    if (this.#buffered > bufferedCharactersMax)
      this.#fail(new Error("the disk is slower than the writes: 64 MiB of journal are waiting"));
    else this.#flush();
    return this.#appended;
  }

  #flush(): void {
    if (this.#flushing || this.#dead || this.#file === null || this.#lines.length === 0) return;
    this.#flushing = true;
    const file = this.#file;
    // A macrotask gathers what this turn of the loop appends into one write and one sync.
    setImmediate(() => {
      const upTo = this.#appended;
      const bytes = Buffer.from(`${this.#lines.join("\n")}\n`);
      this.#lines = [];
      this.#buffered = 0;
      this.#write(file, bytes, 0, () => {
        fdatasync(file, (error) => {
          if (error !== null) return this.#fail(error);
          this.#synced = upTo;
          this.#flushing = false;
          if (this.#lines.length > 0) this.#flush();
          else this.#wake();
        });
      });
    });
  }

  #write(file: number, bytes: Buffer, from: number, done: () => void): void {
    write(file, bytes, from, bytes.length - from, null, (error, written) => {
      if (error !== null) return this.#fail(error);
      if (from + written < bytes.length) this.#write(file, bytes, from + written, done);
      else done();
    });
  }

  #fail(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#failed(diskFault(this.#path, error));
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
