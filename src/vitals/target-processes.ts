/** Which processes of this machine are the target: those named, or those that hold the port it listens on; and their descendants. */
import { closeSync, openSync, readSync } from "node:fs";
import { listNumbers, readLink, readText } from "./proc-files.ts";
import { parseListeners, parseStat, runs } from "./procfs.ts";

/** Processes sampled: each costs 0.2-0.5 ms a second. The oldest of a larger family are taken. */
export const maxProcesses = 64;
/** Bytes of `/proc/net/tcp` read: the kernel lists listeners first, and this holds 1,700 of them. */
const maxSocketTableBytes = 262_144;
/** Descriptors looked at per process, lowest first: servers open their listening socket early. */
const maxDescriptorsLookedAt = 1_024;

export interface TargetQuestion {
  /** `--pid` or `observe.pids`; empty: find them by the port. */
  readonly pids: readonly number[];
  /** Port of a target on this machine (see `loopbackPort`); absent for one elsewhere. */
  readonly port?: number;
}

export interface TargetProcesses {
  /** Roots first, then their descendants; without our own process. */
  readonly pids: readonly number[];
  /** `from --pid`, `listening on port 8460`, or `not found: ` and why, with what to do. */
  readonly found: string;
}

/** The port of an address that is this machine itself, or undefined. */
export function loopbackPort(target: string): number | undefined {
  const url = URL.parse(target);
  if (url === null || !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return undefined;
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

/** Looks now. Costs some 10 ms on a machine with a few hundred processes. */
export function findTargetProcesses({ pids, port }: TargetQuestion): TargetProcesses {
  if (pids.length > 0) return named(pids);
  if (port === undefined)
    return { pids: [], found: "not found: the target is on another machine, or pass --pid <pid> where it is not" };
  return listeningOn(port);
}

function named(pids: readonly number[]): TargetProcesses {
  const parents = livingParents();
  const gone = pids.filter((pid) => !parents.has(pid));
  const living = withDescendants(pids, parents, process.pid);
  if (living.length > 0)
    return { pids: living, found: gone.length === 0 ? "from --pid" : `from --pid (not running: ${gone.join(", ")})` };
  return { pids: [], found: `not found: no process ${pids.join(", ")} runs here, or it is our own; pass the target's --pid` };
}

function listeningOn(port: number): TargetProcesses {
  const sockets = listeningSockets(port);
  if (sockets.size === 0)
    return { pids: [], found: `not found: nothing listens on port ${port} in this network namespace; pass --pid <pid>` };
  const { holders, hidden } = holdersOf(sockets);
  const pids = withDescendants(holders, livingParents(), process.pid);
  if (pids.length > 0) return { pids, found: `listening on port ${port}` };
  if (holders.includes(process.pid)) return { pids: [], found: `not found: port ${port} is held by our own process` };
  const why =
    hidden > 0
      ? `belongs to a process of another user; run as that user, or pass --pid <pid>`
      : "has no process here; pass --pid <pid>";
  return { pids: [], found: `not found: port ${port} ${why}` };
}

/** Roots that run, and their descendants, breadth first, at most `maxProcesses`. Never goes into `except`, unless below a root. */
export function withDescendants(roots: readonly number[], parents: ReadonlyMap<number, number>, except: number): number[] {
  const children = Map.groupBy(parents.keys(), (pid) => parents.get(pid) ?? 0);
  const family = new Set(roots.filter((pid) => parents.has(pid) && pid !== except));
  // A set that grows while it is walked is its own queue; each process enters it once, so the walk ends.
  for (const pid of family) {
    for (const child of children.get(pid) ?? []) if (child !== except) family.add(child);
  }
  return [...family].slice(0, maxProcesses);
}

/** Parent of every process that runs, by pid, ascending. */
export function livingParents(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const pid of listNumbers("/proc") ?? []) {
    const stat = parseStat(readText(`/proc/${pid}/stat`) ?? "");
    if (stat !== null && runs(stat)) parents.set(pid, stat.parent);
  }
  return parents;
}

/** Sockets as `/proc/<pid>/fd` shows them: `socket:[12345]`. */
function listeningSockets(port: number): Set<string> {
  const inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => parseListeners(readStart(path), port));
  return new Set(inodes.map((inode) => `socket:[${inode}]`));
}

function holdersOf(sockets: ReadonlySet<string>): { holders: number[]; hidden: number } {
  const holders: number[] = [];
  let hidden = 0;
  for (const pid of listNumbers("/proc") ?? []) {
    const descriptors = listNumbers(`/proc/${pid}/fd`);
    if (descriptors === null) hidden += 1;
    else if (descriptors.slice(0, maxDescriptorsLookedAt).some((fd) => sockets.has(readLink(`/proc/${pid}/fd/${fd}`) ?? "")))
      holders.push(pid);
  }
  return { holders, hidden };
}

/** The beginning of a file that may be long: with 20,000 connections the whole table takes the kernel 20 ms to write. */
function readStart(path: string): string {
  const start = Buffer.alloc(maxSocketTableBytes);
  let length = 0;
  try {
    const file = openSync(path, "r");
    try {
      // The kernel hands out a page or so per call; no more than one call for each 1,024 bytes is made in any case.
      for (let calls = 0; calls < maxSocketTableBytes / 1_024 && length < start.length; calls++) {
        const bytes = readSync(file, start, length, start.length - length, null);
        if (bytes === 0) break;
        length += bytes;
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return ""; // no such table: IPv6 is off, or /proc is closed to us
  }
  return start.toString("latin1", 0, length);
}
