/** A run that is still writing must not be swept: its rows would be tombstoned under its feet and its figures with them. */
import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { errnoOf, Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import { countOf } from "../src/model/units.ts";
import { runFolderOf } from "../src/record/canaries.ts";
import { recordFiles } from "../src/record/files.ts";
import { isKnownDead, refuseHeldRun } from "../src/record/run-lease.ts";

/** A run appends to its record each second. Ten times that, for a disk that is shared and slow. A guess. */
const silenceMs = 10_000;

/**
 * Throws Fault `usage` where the run in `dir` may be going on, or somebody is cleaning it up. Its lease decides, or that of the run whose
 * canary it is. Where there is none (an older run's record, or a disk that refused it), and the run has no end, its process does on this
 * host: it is alive and ours (its command line says `peakproof`, where it can be read); a process id that now belongs to something else,
 * us included, does not count. Of another host's run, whose process nobody here can ask, the record decides: it was written to within the
 * last 10 s.
 */
export function refuseLiveRun(run: RunFile, dir: string, nowMs = Date.now()): void {
  const folder = runFolderOf(dir);
  for (const held of new Set([dir, folder])) refuseHeldRun(held);
  if (run.ended !== null || isKnownDead(folder)) return;
  if (run.machine.hostname === hostname()) refuseLiveProcess(run);
  else refuseGrowingRecord(run, dir, nowMs);
}

function refuseLiveProcess({ runId, pid }: RunFile): void {
  if (!isProcessId(pid) || pid === process.pid || !isAlive(pid) || !isPeakproof(pid)) return;
  throw new Fault("usage", `run ${runId} is still going on in process ${pid}`, {
    expected: "a run that has ended, or whose process is gone",
    fix: `stop it with Ctrl-C in its terminal or kill -INT ${pid}: it then cleans up by itself; or wait for its end`,
  });
}

function refuseGrowingRecord({ runId, machine }: RunFile, dir: string, nowMs: number): void {
  const silentMs = nowMs - lastWrittenMs(dir);
  if (silentMs > silenceMs) return;
  const ago = Math.max(0, Math.floor(silentMs / 1_000));
  throw new Fault("usage", `run ${runId} seems to be still going on, on host ${machine.hostname}`, {
    received: `a record without an end that was written to ${countOf(ago, "second")} ago`,
    expected: `a run that has ended, or a record in which nothing was written for ${countOf(silenceMs / 1_000, "second")}`,
    fix: `wait for its end or stop it there; if it was killed, or its folder has just been copied, try again in ${countOf(silenceMs / 1_000, "second")}`,
  });
}

/** When the record last grew, by the clock of its disk; 0 where nothing says. `run.json` is all there is before the load begins. */
function lastWrittenMs(dir: string): number {
  const files = [recordFiles.run, recordFiles.series, recordFiles.vitals];
  return Math.max(0, ...files.map((file) => statSync(join(dir, file), { throwIfNoEntry: false })?.mtimeMs ?? 0));
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
