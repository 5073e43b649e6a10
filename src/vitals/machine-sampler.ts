import type { ProcessFacts } from "../model/vitals.ts";
import { QuotaSampler } from "./cgroup.ts";
import { GeneratorSampler } from "./generator-sampler.ts";
import { HostSampler } from "./host-sampler.ts";
import { ListenQueueSampler } from "./listen-queue.ts";
import { ProcessSampler } from "./process-sampler.ts";
import type { Reading } from "./reading.ts";
import { TargetWatch } from "./target-watch.ts";

export interface MachineOptions {
  /** The target's processes (descendants are added); empty: those that listen on `port`, where it is given. */
  readonly pids: readonly number[];
  /** Port of a target on this machine. */
  readonly port?: number;
  /** Kernel thread id by name, `main` and `worker-<n>`: each thread finds its own with `threadIdOf`. */
  generatorThreads(): ReadonlyMap<string, number>;
  /** Microseconds since the run's start. */
  nowUs(): number;
  process(facts: ProcessFacts): void;
}

/** Everything that /proc says, in one sample. */
export class MachineSampler {
  readonly #options: MachineOptions;
  readonly #target: TargetWatch;
  readonly #processes: ProcessSampler;
  readonly #generator: GeneratorSampler;
  readonly #host: HostSampler;
  readonly #listenQueue = new ListenQueueSampler();
  readonly #quota = new QuotaSampler();

  constructor(options: MachineOptions, exactThreadTimes: boolean) {
    const nowUs = (): number => options.nowUs();
    this.#options = options;
    this.#target = new TargetWatch(options);
    this.#processes = new ProcessSampler({ exactThreadTimes, nowUs, process: (facts) => options.process(facts) });
    this.#generator = new GeneratorSampler({ exactThreadTimes, nowUs, threads: () => options.generatorThreads() });
    this.#host = new HostSampler(nowUs);
  }

  sample(): Reading[] {
    const pids = this.#target.pids(this.#options.nowUs());
    const sources = new Map([["generator", process.pid], ...pids.map((pid): [string, number] => [`process/${pid}`, pid])]);
    return [
      ...this.#generator.sample(),
      ...this.#host.sample(),
      ...this.#processes.sample(pids),
      ...this.#quota.sample(sources),
      ...this.#listenQueue.sample(this.#namespaces(pids)),
    ];
  }

  /** A target here whose processes cannot be told shares our own network namespace; one elsewhere has none that we could read. */
  #namespaces(pids: readonly number[]): readonly (number | "self")[] {
    return pids.length === 0 && this.#options.port !== undefined ? ["self"] : pids;
  }
}
