/** The target's processes: CPU of the whole process and of its hottest threads, memory, descriptors, and whether it lives. */
import { signals, type ProcessFacts } from "../model/vitals.ts";
import { shortCommandLine } from "./command-line.ts";
import { countDescriptors, readText } from "./proc-files.ts";
import { parseDescriptorsLimit, parseResidentBytes, parseStat, runs, usPerTick, type ProcessStat } from "./procfs.ts";
import { readingsOf, shareOf, type Reading } from "./reading.ts";
import { maxProcesses } from "./target-processes.ts";
import { hottest, readThreads, threadLoad, threadReadings, type ThreadLoad, type ThreadTimes } from "./thread-sampler.ts";

/** What one sample of a process leaves for the next. */
interface Watched {
  readonly atUs: number;
  readonly stat: ProcessStat;
  readonly threads: ReadonlyMap<number, ThreadTimes>;
  /** Kernel names of the threads that have been given out. */
  readonly names: Map<number, string>;
}

export interface ProcessSamplerOptions {
  readonly exactThreadTimes: boolean;
  /** Microseconds; any origin. Asked right before each process is read, so that shares are of the real time between reads. */
  nowUs(): number;
  /** Called once for each process, and again when one of its threads is first given out. */
  process(facts: ProcessFacts): void;
}

/** Samples a set of processes that may change between two samples. */
export class ProcessSampler {
  readonly #options: ProcessSamplerOptions;
  readonly #watched = new Map<number, Watched>();

  constructor(options: ProcessSamplerOptions) {
    this.#options = options;
  }

  /**
   * One sample of each process, and of those asked for earlier that still run: workers that lost their parent still work.
   * One that has gone since the last sample reads `alive` 0, once; one never seen alive reads nothing.
   */
  sample(pids: readonly number[]): Reading[] {
    const asked = [...new Set([...this.#watched.keys(), ...pids])].slice(0, maxProcesses);
    return asked.flatMap((pid) => this.#sampleOne(pid));
  }

  #sampleOne(pid: number): Reading[] {
    const atUs = this.#options.nowUs();
    const stat = readLiving(pid);
    const known = this.#watched.get(pid);
    if (stat === null) return this.#watched.delete(pid) ? readingsOf(`process/${pid}`, { [signals.alive]: 0 }) : [];
    const before = known?.stat.startTicks === stat.startTicks ? known : undefined;
    const watched = { atUs, stat, threads: readThreads(pid, this.#options.exactThreadTimes), names: before?.names ?? new Map() };
    this.#watched.set(pid, watched);
    if (before === undefined) this.#tell(pid, watched);
    return [...gauges(pid, stat), ...(before === undefined ? [] : this.#sinceLast(pid, before, watched))];
  }

  #sinceLast(pid: number, before: Watched, now: Watched): Reading[] {
    const elapsedUs = now.atUs - before.atUs;
    const cpuUs = (now.stat.cpuTicks - before.stat.cpuTicks) * usPerTick;
    const loads = hottest(
      [...now.threads].map(([tid, times]) => threadLoad(tid, before.threads.get(tid), times, elapsedUs)),
      now.names,
    );
    this.#name(pid, now, loads);
    return [
      ...readingsOf(`process/${pid}`, { [signals.cpuCores]: shareOf(cpuUs, elapsedUs) }),
      ...loads.flatMap((load) => threadReadings(`thread/${pid}/${load.tid}`, load)),
    ];
  }

  /** Names the threads given out for the first time. Names of ended threads are dropped, which bounds the list. */
  #name(pid: number, now: Watched, loads: readonly ThreadLoad[]): void {
    for (const tid of now.names.keys()) if (!now.threads.has(tid)) now.names.delete(tid);
    const unnamed = loads.filter(({ tid }) => !now.names.has(tid));
    for (const { tid } of unnamed) now.names.set(tid, readText(`/proc/${pid}/task/${tid}/comm`)?.trimEnd() ?? "");
    if (unnamed.length > 0) this.#tell(pid, now);
  }

  #tell(pid: number, { stat, names }: Watched): void {
    const name = shortCommandLine(readText(`/proc/${pid}/cmdline`) ?? "", stat.name);
    this.#options.process(names.size === 0 ? { pid, name } : { pid, name, threads: Object.fromEntries(names) });
  }
}

function readLiving(pid: number): ProcessStat | null {
  const stat = parseStat(readText(`/proc/${pid}/stat`) ?? "");
  return stat !== null && runs(stat) ? stat : null;
}

function gauges(pid: number, stat: ProcessStat): Reading[] {
  const source = `process/${pid}`;
  return [
    ...readingsOf(source, { [signals.alive]: 1, [signals.threadsCount]: stat.threads }),
    ...memoryAndDescriptors(pid, source),
  ];
}

/** What a process holds: resident memory, open descriptors and how many it may open. */
export function memoryAndDescriptors(pid: number, source: string): Reading[] {
  return readingsOf(source, {
    [signals.residentBytes]: parseResidentBytes(readText(`/proc/${pid}/status`) ?? ""),
    [signals.descriptorsCount]: countDescriptors(pid),
    [signals.descriptorsLimit]: parseDescriptorsLimit(readText(`/proc/${pid}/limits`) ?? ""),
  });
}
