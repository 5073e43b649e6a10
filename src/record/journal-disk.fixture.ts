import type { JournalDisk } from "./journal.ts";

type Failure = Error & { readonly code: string };

/** An error as the system would give it. */
export function systemError(code: string): Failure {
  return Object.assign(new Error(`${code}: the disk`), { code });
}

/** A disk in memory whose next answers a test decides, and which keeps apart what was written from what was synced. */
export class FakeDisk implements JournalDisk {
  /** What would be read after a power cut. */
  synced = "";
  /** What would be read after a kill. */
  written = "";
  writes = 0;
  syncs = 0;
  isClosed = false;
  /** Bytes that are left. */
  room = Number.POSITIVE_INFINITY;
  /** Most that it takes at once. */
  taking = Number.POSITIVE_INFINITY;
  syncError: Error | null = null;
  #isHeld = false;
  #held: (() => void)[] = [];

  open(_path: string, _flags: string, done: (error: Error | null, file: number) => void): void {
    setImmediate(() => done(null, 3));
  }

  write(
    _file: number,
    bytes: Buffer,
    from: number,
    length: number,
    _position: null,
    done: (error: Error | null, written: number) => void,
  ): void {
    this.#answer(() => {
      this.writes += 1;
      const taken = Math.min(length, this.taking, this.room);
      if (taken === 0) return done(systemError("ENOSPC"), 0);
      this.room -= taken;
      this.written += bytes.toString("latin1", from, from + taken);
      done(null, taken);
    });
  }

  fdatasync(_file: number, done: (error: Error | null) => void): void {
    this.#answer(() => {
      this.syncs += 1;
      if (this.syncError === null) this.synced = this.written;
      done(this.syncError);
    });
  }

  close(_file: number, done: () => void): void {
    this.isClosed = true;
    setImmediate(done);
  }

  /** Questions that it has not answered. */
  get held(): number {
    return this.#held.length;
  }

  /** Answers nothing more until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const answer of this.#held.splice(0)) setImmediate(answer);
  }

  #answer(answer: () => void): void {
    if (this.#isHeld) this.#held.push(answer);
    else setImmediate(answer);
  }
}
