/** A file that says who is at work on something, made by one process at a time. It warns, it does not protect: anybody may remove it. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { errnoOf, type Fault } from "../model/fault.ts";
import { ownProcess, type ProcessMark } from "./process-mark.ts";

/** Who holds it. */
export interface Holder extends ProcessMark {
  /** Of this hold alone. */
  readonly id: string;
  readonly user: string;
  readonly hostname: string;
  readonly target: string;
  /** ISO 8601. */
  readonly since: string;
}

/** What counts as held, and what whoever comes second is told. */
export interface HolderRules {
  readonly isHeld: (found: Holder, path: string) => boolean;
  readonly refusal: (found: Holder, path: string) => Fault;
}

export class HolderFile {
  readonly path: string;
  readonly holder: Holder;

  private constructor(path: string, holder: Holder) {
    this.path = path;
    this.holder = holder;
  }

  /** Makes it, or takes a dead one over. Throws the refusal where it is held, and what the system throws where it cannot be written. */
  static take(path: string, target: string, rules: HolderRules): HolderFile {
    const holder: Holder = {
      id: randomUUID(),
      ...ownProcess(),
      user: userName(),
      hostname: hostname(),
      target,
      since: new Date().toISOString(),
    };
    if (!create(path, holder)) takeOver(path, holder, rules);
    return new HolderFile(path, holder);
  }

  /** Whether it is still ours: also while it cannot be read (too many open files), as long as it is not known to be gone. */
  get isHeld(): boolean {
    try {
      return holderIn(readFileSync(this.path, "utf8"))?.id === this.holder.id;
    } catch (thrown) {
      return errnoOf(thrown) !== "ENOENT";
    }
  }

  /** Gives it back; another one's is left alone. */
  release(): void {
    if (readHolder(this.path)?.id === this.holder.id) rmSync(this.path, { force: true });
  }
}

/** Null where it is gone or is none: what cannot be read holds nobody back. */
export function readHolder(path: string): Holder | null {
  try {
    return holderIn(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

function holderIn(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return typeof holder?.id === "string" && typeof holder.pid === "number" ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

/** Removes a dead one's. Of two who try that, one may meet the other's new one: it is put back then, and its holder given. */
export function putAway(path: string, { id }: Holder, { isHeld }: Pick<HolderRules, "isHeld">): Holder | null {
  const aside = `${path}.${id}.dead`;
  moveAway(path, aside);
  const moved = readHolder(aside);
  if (moved !== null && isHeld(moved, aside)) {
    renameSync(aside, path);
    return moved;
  }
  rmSync(aside, { force: true });
  return null;
}

/** False where there is one already. Written beside it first, so that nobody reads half a file. */
function create(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.id}`;
  try {
    writeFileSync(draft, JSON.stringify(holder), { flag: "wx", mode: 0o644 });
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST") return false;
    throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
}

function takeOver(path: string, holder: Holder, rules: HolderRules): void {
  const found = readHolder(path);
  if (found !== null && rules.isHeld(found, path)) throw rules.refusal(found, path);
  const met = putAway(path, holder, rules);
  if (met !== null) throw rules.refusal(met, path);
  if (!create(path, holder)) throw rules.refusal(readHolder(path) ?? holder, path);
}

/** It may have been given back, or taken away by another one, in the meantime. */
function moveAway(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (errnoOf(thrown) !== "ENOENT") throw thrown;
  }
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "?"}`;
  }
}
