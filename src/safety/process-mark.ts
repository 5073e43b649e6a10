/** Which process something belongs to, so that it is known for dead even when its number was given to another one. */
import { readFileSync, readlinkSync } from "node:fs";
import { errnoOf } from "../model/fault.ts";

export interface ProcessMark {
  readonly pid: number;
  /** Start of the process in clock ticks since boot (`/proc/<pid>/stat`, field 22); null where that is not told. */
  readonly startTicks: string | null;
  /** Process id namespace, in which `pid` counts; null where there are none. */
  readonly namespace: string | null;
}

/** The mark of this process. */
export function ownProcess(): ProcessMark {
  return { pid: process.pid, startTicks: startTicksOf(process.pid), namespace: namespaceOf() };
}

/** Whether the process is there. One of another container, whose numbers say nothing here, counts as alive. */
export function isAlive({ pid, startTicks, namespace }: ProcessMark): boolean {
  if (namespace !== namespaceOf()) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // EPERM: it is there, and somebody else's.
    if (errnoOf(thrown) !== "EPERM") return false;
  }
  const now = startTicksOf(pid);
  // Where its start is not told (`hidepid`), being there is all that is known of it.
  return startTicks === null || now === null || startTicks === now;
}

/** The name in the second field may hold spaces and brackets, so it is read from behind it. */
function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function namespaceOf(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}
