/**
 * Who is at work in a run folder: the run itself until its own cleanup is over, or one that cleans up after it. Two at once would each
 * take the other's deletes for somebody's, and write over its proof.
 */
import { statSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Fault } from "../model/fault.ts";
import { HolderFile, readHolder, type Holder, type HolderRules } from "../safety/holder-file.ts";
import { isAlive, ownProcess } from "../safety/process-mark.ts";
import { diskFault, recordFiles } from "./files.ts";
import type { DiskTrouble } from "./trouble.ts";

/** How often a holder shows that it is there, to those who cannot ask its process. */
const beatMs = 2_000;
/** Five beats missed, for a disk that is shared and slow. A guess. */
const silenceMs = 10_000;

type RunWork = "run" | "cleanup";

export class RunLease implements Disposable {
  readonly #file: HolderFile;
  readonly #timer: NodeJS.Timeout;

  private constructor(file: HolderFile) {
    this.#file = file;
    this.#timer = setInterval(() => beat(file), beatMs).unref();
  }

  /** Throws Fault `usage` naming who is at work there already, and Fault `disk` where the folder cannot be written to. */
  static take(dir: string, work: RunWork): RunLease {
    try {
      return new RunLease(HolderFile.take(pathOf(dir), work, rules));
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : diskFault(pathOf(dir), thrown);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#file.release();
  }
}

/** The same, null where the disk refuses it: a full one keeps nobody from cleaning up. Throws Fault `usage` where it is held. */
export function tryRunLease(dir: string, work: RunWork, disk: DiskTrouble): RunLease | null {
  let lease: RunLease | null = null;
  disk.attempt(() => (lease = RunLease.take(dir, work)));
  return lease;
}

/** Throws Fault `usage` where somebody is at work in a run folder. */
export function refuseHeldRun(dir: string): void {
  const found = readHolder(pathOf(dir));
  if (found !== null && isHeld(found, pathOf(dir))) throw refusal(found);
}

/** Whether the run in a folder is known to have been killed: it was here, and its process is gone. */
export function isKnownDead(dir: string): boolean {
  const found = readHolder(pathOf(dir));
  return found !== null && found.target === "run" && isHere(found) && !isAlive(found);
}

const rules: HolderRules = { isHeld, refusal };

function pathOf(dir: string): string {
  return join(dir, recordFiles.lease);
}

/** Whether its process can be asked: numbers of another machine, or another container, mean nothing here. */
function isHere({ hostname: host, namespace }: Holder): boolean {
  return host === hostname() && namespace === ownProcess().namespace;
}

function isHeld(found: Holder, path: string): boolean {
  if (isHere(found)) return isAlive(found);
  const beatenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - beatenMs <= silenceMs;
}

/** What cannot be touched is seen by whoever closes the record, or has been taken away. */
function beat({ path }: HolderFile): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // It is only a sign of life.
  }
}

function refusal(found: Holder): Fault {
  const { target, user, hostname: host, pid, since } = found;
  const who = `by ${user}@${host} (process ${pid}) since ${since}`;
  const stop = isHere(found)
    ? `wait for its end, or stop it: kill -INT ${pid}`
    : "wait for its end; if it was killed, try again in 10 seconds";
  if (target !== "run") {
    const expected = "one cleanup of a run at a time";
    return new Fault("usage", `the run is being cleaned up already, ${who}`, { expected, fix: stop });
  }
  return new Fault("usage", `the run is still going on, begun ${who}`, {
    expected: "a run that has ended, or whose process is gone",
    fix: `${stop}; it cleans up by itself`,
  });
}
