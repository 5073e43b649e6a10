/**
 * One lease per target on this machine, so that two people, or a person and a job, do not test the same thing at once unknowingly. A file
 * per target in a folder that all users share: it warns, it does not protect, so that anybody may take a dead one away.
 */
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { HolderFile, putAway, readHolder, type Holder, type HolderRules } from "./holder-file.ts";
import { isAlive, ownProcess } from "./process-mark.ts";

/** Where the leases of all users lie: the same folder for everybody, whatever their `TMPDIR` says. */
const commonFolder = process.platform === "win32" ? tmpdir() : "/tmp";

/** Files that are looked at for dead ones when a lease is taken: a few milliseconds at most. A guess. */
const mostLooked = 64;

/** A lease that is held, in the form of a file. */
export class LeaseFile {
  readonly #file: HolderFile;

  private constructor(file: HolderFile) {
    this.#file = file;
  }

  /**
   * Takes the lease of a place (`host:port`). One whose process is dead is taken over, and those of other places are removed. Throws Fault
   * `safety` naming the holder where there is one, and Fault `disk` where the folder cannot be used.
   */
  static take(place: string, folder: string = join(commonFolder, "peakproof-leases")): LeaseFile {
    makeFolder(folder);
    const path = join(folder, `${createHash("sha256").update(place).digest("hex").slice(0, 24)}.json`);
    try {
      const file = HolderFile.take(path, place, rules);
      removeDead(folder, file.holder);
      return new LeaseFile(file);
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      throw new Fault("disk", `the lease of ${place} cannot be written: ${messageOf(thrown)}`, { received: path });
    }
  }

  /** Whether it is still ours. */
  get isHeld(): boolean {
    return this.#file.isHeld;
  }

  /** Gives it back; another one's is left alone. */
  release(): void {
    this.#file.release();
  }
}

const rules: HolderRules = { isHeld: isAlive, refusal: heldBy };

/** For all users, and no link to somewhere else. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
    // The umask took rights away from what mkdir was asked for.
    chmodSync(folder, 0o777);
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST" && lstatSync(folder).isDirectory()) return;
    throw new Fault("disk", `the folder of leases cannot be made: ${messageOf(thrown)}`, {
      received: folder,
      expected: "a folder that every user may write to",
    });
  }
}

/** Removes what killed runs of other places have left. It is only tidying up: what cannot be removed stays. */
function removeDead(folder: string, holder: Holder): void {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    for (const path of names.slice(0, mostLooked).map((name) => join(folder, name))) {
      const found = readHolder(path);
      if (found !== null && !isAlive(found)) putAway(path, holder, rules);
    }
  } catch {
    // Somebody else's folder or file.
  }
}

function heldBy({ target, user, hostname: host, pid, since, namespace }: Holder, path: string): Fault {
  const isNear = namespace === ownProcess().namespace;
  return new Fault("safety", `${target} is being tested already: by ${user}@${host} (process ${pid}) since ${since}`, {
    expected: "one test of a target at a time: two at once would each measure the other",
    fix: isNear ? `wait for it, or end it: kill -INT ${pid}` : `wait for it; if its container is gone: rm ${path}`,
  });
}
