/** A run that is still writing must not be swept: its rows would be tombstoned under its feet and its figures with them. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { errnoOf, Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";

/**
 * Throws Fault `usage` where the run has no end, ran on this host, and its process is alive and is ours (its command line says
 * `peakproof`, where it can be read). A process id that now belongs to something else, us included, does not count.
 */
export function refuseLiveRun(run: RunFile): void {
  if (run.ended !== null || run.machine.hostname !== hostname()) return;
  if (!isProcessId(run.pid) || run.pid === process.pid || !isAlive(run.pid) || !isPeakproof(run.pid)) return;
  throw new Fault("usage", `run ${run.runId} is still going on in process ${run.pid}`, {
    expected: "a run that has ended, or whose process is gone",
    fix: `stop it with Ctrl-C in its terminal or kill -INT ${run.pid}: it then cleans up by itself; or wait for its end`,
  });
}

/** run.json may have been edited: 0 and negative numbers would mean process groups. */
function isProcessId(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0;
}

/** Signal 0 asks and sends nothing. EPERM: someone else's process, which is alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return errnoOf(thrown) === "EPERM";
  }
}

/** True also where the command line cannot be read (no /proc, no permission): waiting is cheaper than sweeping a live run. */
function isPeakproof(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("peakproof");
  } catch {
    return true;
  }
}
