/** Our own process, seen from outside as the target is: a generator that is short of CPU or descriptors measures itself. */
import { signals } from "../model/vitals.ts";
import { readText } from "./proc-files.ts";
import { parseStat, usPerTick } from "./procfs.ts";
import { memoryAndDescriptors } from "./process-sampler.ts";
import { readingsOf, shareOf, type Reading } from "./reading.ts";
import { readThreadTimes, threadLoad, threadReadings, type ThreadTimes } from "./thread-sampler.ts";

export interface GeneratorSamplerOptions {
  readonly exactThreadTimes: boolean;
  nowUs(): number;
  /** Thread id by name, `main` and `worker-<n>`, for the sources `generator/<name>`; see `threadIdOf`. */
  threads(): ReadonlyMap<string, number>;
}

interface Seen {
  readonly atUs: number;
  readonly cpuTicks: number;
  readonly threads: ReadonlyMap<number, ThreadTimes>;
}

export class GeneratorSampler {
  readonly #options: GeneratorSamplerOptions;
  #before: Seen | null = null;

  constructor(options: GeneratorSamplerOptions) {
    this.#options = options;
  }

  /** Source `generator`: the whole process, threads of V8 and libuv included. Sources `generator/<name>`: the named threads. */
  sample(): Reading[] {
    const names = this.#options.threads();
    const now = this.#read([...names.values()]);
    const before = this.#before;
    this.#before = now;
    const held = memoryAndDescriptors(process.pid, "generator");
    return before === null ? held : [...held, ...sinceLast(before, now, names)];
  }

  #read(tids: readonly number[]): Seen {
    const atUs = this.#options.nowUs();
    const threads = new Map<number, ThreadTimes>();
    for (const tid of tids) {
      const times = readThreadTimes(process.pid, tid, this.#options.exactThreadTimes);
      if (times !== null) threads.set(tid, times);
    }
    return { atUs, cpuTicks: parseStat(readText(`/proc/${process.pid}/stat`) ?? "")?.cpuTicks ?? 0, threads };
  }
}

/** A thread seen for the first time gives nothing yet: unlike a target's, it may have run for long before it told its id. */
function sinceLast(before: Seen, now: Seen, names: ReadonlyMap<string, number>): Reading[] {
  const elapsedUs = now.atUs - before.atUs;
  const cpuUs = (now.cpuTicks - before.cpuTicks) * usPerTick;
  const threads = [...names].flatMap(([name, tid]) => {
    const from = before.threads.get(tid);
    const to = now.threads.get(tid);
    return from && to ? threadReadings(`generator/${name}`, threadLoad(tid, from, to, elapsedUs)) : [];
  });
  return [...readingsOf("generator", { [signals.cpuCores]: shareOf(cpuUs, elapsedUs) }), ...threads];
}
