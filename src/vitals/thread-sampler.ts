/** CPU and run-queue wait per thread: what tells one full core from a full machine, and a slow target from a starved one. */
import { signals } from "../model/vitals.ts";
import { listNumbers, readText } from "./proc-files.ts";
import { parseSchedstat, parseStat, usPerTick, type ThreadTimes } from "./procfs.ts";
import { readingsOf, shareOf, type Reading } from "./reading.ts";

export type { ThreadTimes } from "./procfs.ts";

/** Threads read per process and second: some 10 us each. A Java server may have thousands; the lowest ids are the oldest. */
export const maxThreadsRead = 512;
/** Thread series per process, hottest first: a saturated thread is among them, and a run record stays small. */
export const maxThreadSeries = 16;
/** A thread below this share of a core, running and waiting, has not been busy: half the resolution that ticks would give. */
const busyFromShare = 0.005;

/** What a thread did between two samples, as shares of the time between them. */
export interface ThreadLoad {
  readonly tid: number;
  readonly cpuCores: number;
  /** Null where the kernel does not count it. */
  readonly waitShare: number | null;
}

/** Times of one thread, or null where it is gone. Exact: schedstat in nanoseconds; otherwise `stat` in ticks, without the wait. */
export function readThreadTimes(pid: number, tid: number, exact: boolean): ThreadTimes | null {
  const path = `/proc/${pid}/task/${tid}`;
  if (exact) return parseSchedstat(readText(`${path}/schedstat`) ?? "");
  const stat = parseStat(readText(`${path}/stat`) ?? "");
  return stat === null ? null : { cpuUs: stat.cpuTicks * usPerTick, waitUs: null };
}

/** Times of all threads of a process, by thread id, at most `maxThreadsRead`; empty where it is gone. */
export function readThreads(pid: number, exact: boolean): Map<number, ThreadTimes> {
  const threads = new Map<number, ThreadTimes>();
  for (const tid of (listNumbers(`/proc/${pid}/task`) ?? []).slice(0, maxThreadsRead)) {
    const times = readThreadTimes(pid, tid, exact);
    if (times !== null) threads.set(tid, times);
  }
  return threads;
}

/** The difference of two samples. A thread that was not there before, or whose counters fell (its id was given away), began at 0. */
export function threadLoad(tid: number, before: ThreadTimes | undefined, after: ThreadTimes, elapsedUs: number): ThreadLoad {
  const from = before !== undefined && before.cpuUs <= after.cpuUs ? before : { cpuUs: 0, waitUs: 0 };
  return {
    tid,
    cpuCores: shareOf(after.cpuUs - from.cpuUs, elapsedUs),
    waitShare: after.waitUs === null ? null : shareOf(after.waitUs - (from.waitUs ?? 0), elapsedUs),
  };
}

/** The busiest threads, at most `maxThreadSeries`: those that were busy now, and those already `followed`, so that they can be seen to stop. */
export function hottest(loads: readonly ThreadLoad[], followed: { has(tid: number): boolean }): ThreadLoad[] {
  const heat = (load: ThreadLoad): number => load.cpuCores + (load.waitShare ?? 0);
  return loads
    .filter((load) => heat(load) >= busyFromShare || followed.has(load.tid))
    .toSorted((a, b) => heat(b) - heat(a))
    .slice(0, maxThreadSeries);
}

/** A thread's load as readings of a source. */
export function threadReadings(source: string, load: ThreadLoad): Reading[] {
  return readingsOf(source, { [signals.cpuCores]: load.cpuCores, [signals.runQueueWaitShare]: load.waitShare });
}
