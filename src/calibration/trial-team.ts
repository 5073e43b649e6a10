import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Buckets } from "../measure/buckets.ts";
import { monotonicUs } from "../measure/clock.ts";
import type { RunPlan } from "../model/plan.ts";
import { entryOf } from "./entry.ts";
import type { FromTrial, Trial, TrialInput } from "./messages.ts";

/** How long a rate is tried: the lag of a rate 5 % too high grows to 7 ms in it, which is told from 5. */
const holdUs = 150_000;
/** From telling the threads to the first arrival: a message and a tick. */
const leadUs = 20_000;

/** What came of a rate. */
export interface Tried {
  /** Requests that fell due, and those of them that were answered. */
  readonly due: number;
  readonly done: number;
  readonly lagP99Us: number;
  /** From the end of the hold until the last one had ended. */
  readonly overrunUs: number;
  /** CPU time of our whole process per request, microseconds. */
  readonly cpuUsPerRequest: number;
}

/** The load threads of a calibration. */
export class TrialTeam implements AsyncDisposable {
  readonly #plan: RunPlan;
  readonly #startedUs = monotonicUs();
  readonly #threads: readonly Worker[];
  #tries = 0;

  constructor(plan: RunPlan, setup: unknown) {
    this.#plan = plan;
    this.#threads = Array.from({ length: plan.workers }, (_, worker) => {
      const workerData: TrialInput = { plan, worker, setup, startedUs: this.#startedUs };
      return new Worker(entryOf("trial-thread"), { workerData, name: `calibration-${worker}` });
    });
    // One that fails while nobody listens must not end the process: the next try hears nothing of it, and time runs out.
    for (const thread of this.#threads) thread.on("error", () => undefined);
  }

  /** Resolves when every thread has loaded the scenario; rejects where one cannot. */
  async ready(): Promise<void> {
    await this.#hear();
  }

  /** Tries a rate, all threads together. */
  async try(ratePerSec: number): Promise<Tried> {
    const startUs = monotonicUs() - this.#startedUs + leadUs;
    const step = {
      index: this.#tries++,
      role: "step",
      multiple: ratePerSec / this.#plan.peakRatePerSec,
      ratePerSec,
      holdUs,
    } as const;
    const heard = this.#hear();
    const cpuBefore = process.cpuUsage();
    for (const thread of this.#threads) thread.postMessage({ step, startUs } satisfies Trial);
    const parts = (await heard).flatMap((part) => (part.type === "tried" ? [part] : []));
    const overrunUs = monotonicUs() - this.#startedUs - startUs - holdUs;
    const cpu = process.cpuUsage(cpuBefore);
    const tallies = parts.flatMap((part) => part.tallies);
    const lag = new Buckets();
    for (const buckets of parts.flatMap((part) => part.lags)) lag.merge(buckets);
    const due = tallies.reduce((sum, tally) => sum + tally.due, 0);
    return {
      due,
      done: tallies.reduce((sum, tally) => sum + tally.done, 0),
      lagP99Us: lag.percentile(99),
      overrunUs,
      cpuUsPerRequest: (cpu.user + cpu.system) / due,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** One message of each thread. Rejects where a thread fails; it says nothing more then. */
  async #hear(): Promise<FromTrial[]> {
    const messages = await Promise.all(this.#threads.map(async (thread) => once(thread, "message") as Promise<[FromTrial]>));
    return messages.map(([message]) => message);
  }
}
