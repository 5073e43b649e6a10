import * as fs from "node:fs";
import { dirname } from "node:path";
import type { Fault } from "../model/fault.ts";
import type { JournalIntent, JournalOutcome } from "../model/journal.ts";
import { diskFault } from "./files.ts";
import { headerLine, intentLine, outcomeLine } from "./journal-lines.ts";

/** Most text that may wait for the disk: at 100 bytes a line, some 650,000 lines behind. Beyond it the disk is the problem. */
const waitingCharactersMax = 64 * 1024 * 1024;

/**
 * How long a group gathers while nobody waits for it, milliseconds. Intents are appended a second ahead of their due time, and each group
 * costs a write and a sync, some 0.1 ms of CPU in all. A guess between the two; 5 to 20 make little difference.
 */
const gatherMs = 10;

/** What a journal asks of the disk, as `node:fs` has it. Callbacks, since a promise for each would cost more than the call. */
export interface JournalDisk {
  open(path: string, flags: string, done: (error: Error | null, file: number) => void): void;
  write(
    file: number,
    bytes: Buffer,
    from: number,
    length: number,
    position: null,
    done: (error: Error | null, written: number) => void,
  ): void;
  fdatasync(file: number, done: (error: Error | null) => void): void;
  close(file: number, done: (error?: Error | null) => void): void;
}

/**
 * The write-ahead journal of one load thread. Intents are appended ahead of their due time and synced in groups by the thread
 * pool, so no write ever waits for the disk unless the disk is slower than the look-ahead; `isSynced` says when one may go.
 * Nothing in it asks a clock for the time.
 */
export class Journal {
  readonly #path: string;
  readonly #failed: (fault: Fault) => void;
  readonly #disk: JournalDisk;
  /** Null until the file is there, and once it has been closed. */
  #file: number | null = null;
  /** Whole lines that the disk has not been given. */
  #waiting = headerLine;
  #appended = 0;
  /** Tickets up to this one were given to the disk. */
  #given = 0;
  #synced = 0;
  #isWriting = false;
  #isHurried = false;
  #isDead = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #idle: (() => void)[] = [];

  /**
   * Creates the file, which must not be there: two writers in one file would tear each other's lines. `failed` is called once when the
   * disk refuses; nothing is synced from then on.
   */
  constructor(path: string, failed: (fault: Fault) => void, disk: JournalDisk = fs) {
    this.#path = path;
    this.#failed = failed;
    this.#disk = disk;
    disk.open(path, "ax", (error, file) => {
      if (error !== null) return this.#fail(error);
      syncFolders(path, () => {
        this.#file = file;
        this.#schedule();
      });
    });
  }

  /** Appends an intent; its ticket can be asked for with `isSynced`. */
  intend(intent: Omit<JournalIntent, "k">): number {
    return this.#append(intentLine(intent));
  }

  /** Appends an outcome. It rides with the next group: losing it makes the write `unknown`, which cleanup looks for anyway. */
  settle(outcome: Omit<JournalOutcome, "k">): void {
    this.#append(outcomeLine(outcome));
  }

  /** Whether the line of a ticket is on disk. Where it is not, whoever asks waits for it, so that its group gathers no longer. */
  isSynced(ticket: number): boolean {
    if (ticket <= this.#synced) return true;
    if (ticket > this.#given) this.#hurry();
    return false;
  }

  /** Resolves when all that was appended is on disk, or the disk has failed. */
  drained(): Promise<void> {
    if (this.#isDead || this.#synced === this.#appended) return Promise.resolve();
    this.#hurry();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Writes what waits and closes the file. Nothing may be appended after. */
  async close(): Promise<void> {
    await this.drained();
    const file = this.#file;
    this.#file = null;
    // After a failure the disk may still be at a write. Its file would by then be another's if it were closed under it.
    if (file !== null && !this.#isWriting) await new Promise<void>((resolve) => this.#disk.close(file, () => resolve()));
  }

  #append(line: string): number {
    this.#appended += 1;
    if (this.#isDead) return this.#appended;
    this.#waiting += line;
    if (this.#waiting.length > waitingCharactersMax)
      this.#fail(new Error("the disk is slower than the writes: 64 MiB of journal are waiting"));
    else if (!this.#isHurried) this.#schedule();
    return this.#appended;
  }

  /** Somebody waits: what was appended goes once this turn of the event loop, which may append more, is over. */
  #hurry(): void {
    if (this.#isHurried || this.#given === this.#appended) return;
    this.#isHurried = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isWriting || this.#file === null || this.#given === this.#appended) return;
    if (this.#isHurried) setImmediate(this.#writeGroup);
    else this.#timer ??= setTimeout(this.#writeGroup, gatherMs);
  }

  readonly #writeGroup = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting || this.#isDead || this.#file === null || this.#given === this.#appended) return;
    this.#isWriting = true;
    this.#isHurried = false;
    this.#given = this.#appended;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    this.#write(this.#file, bytes, 0);
  };

  /** A disk that is nearly full takes a part of what it is given, and refuses only the rest. */
  #write(file: number, bytes: Buffer, from: number): void {
    this.#disk.write(file, bytes, from, bytes.length - from, null, (error, written) => {
      if (error !== null) this.#groupDone(error);
      else if (written === 0) this.#groupDone(new Error("the disk took nothing and gave no reason"));
      else if (from + written < bytes.length) this.#write(file, bytes, from + written);
      else this.#disk.fdatasync(file, (failure) => this.#groupDone(failure));
    });
  }

  #groupDone(error: Error | null): void {
    this.#isWriting = false;
    if (error !== null) this.#fail(error);
    if (this.#isDead) return;
    this.#synced = this.#given;
    if (this.#synced === this.#appended) this.#wake();
    else this.#schedule();
  }

  #fail(error: unknown): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#waiting = "";
    clearTimeout(this.#timer);
    this.#failed(diskFault(this.#path, error));
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/**
 * A new file is found again after a power cut once its folder is synced too, and a new folder once its own is. What cannot be synced so is
 * passed over, as SQLite does: there are file systems that refuse it and keep names by themselves.
 */
function syncFolders(path: string, done: () => void): void {
  syncFolder(dirname(path), () => syncFolder(dirname(dirname(path)), done));
}

function syncFolder(path: string, done: () => void): void {
  fs.open(path, "r", (error, folder) => {
    if (error !== null) return done();
    fs.fsync(folder, () => fs.close(folder, () => done()));
  });
}
