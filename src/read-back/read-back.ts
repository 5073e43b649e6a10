import type { RunPlan } from "../model/plan.ts";
import type { PurposeTotals, StepRecord, WriteTruth } from "../model/run.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { formatCount } from "../model/units.ts";
import { ReadBackClient } from "./client.ts";
import { topRatePerSec } from "../safety/worst-case.ts";
import { restRatePerSec, WriteReader } from "./reader.ts";
import type { SampledWrite, WrittenReport } from "./sampled-write.ts";
import { truthOf } from "./truth.ts";
import type { WatchedWrite } from "./watched-write.ts";

/** How often it is looked what is due. */
const tickMs = 10;
/** How often whoever waits is told how far it is. */
const tellEveryMs = 1_000;
/** Beyond what the looks themselves take: most time that a target which does not answer them is given. A guess. */
const patienceUs = 30_000_000;
/** Part of the looks that may be made under no load which a target is expected to answer at least. A guess. */
const leastAnswered = 0.2;

export interface ReadBackOptions {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly scenario: ScenarioInput;
  readonly setup: unknown;
  readonly nowUs: () => number;
  /** The steps as they are known now. */
  readonly steps: () => readonly StepRecord[];
  readonly warn: (text: string) => void;
}

/** Reads back a run's writes beside its load and after it. */
export class ReadBack implements Disposable {
  readonly #options: ReadBackOptions;
  readonly #client: ReadBackClient;
  readonly #reader: WriteReader;
  readonly #accepted = new Map<number, readonly number[]>();
  readonly #timer: NodeJS.Timeout;

  /** Throws Fault `usage` where the target cannot be reached as the plan says. */
  constructor(options: ReadBackOptions) {
    const { plan, nowUs, steps } = options;
    this.#options = options;
    this.#client = new ReadBackClient(options);
    this.#reader = new WriteReader({
      withinUs: plan.writes?.withinUs ?? 0,
      nowUs,
      loadRatePerSec: () => rateNow(steps()),
      topRatePerSec: topRatePerSec(plan),
      ask: (write: SampledWrite) => this.#client.ask(write),
    });
    this.#timer = setInterval(() => {
      this.#client.expire(nowUs());
      this.#reader.tick();
    }, tickMs);
  }

  /** A load thread tells of its writes. */
  heard({ worker, accepted, chosen }: WrittenReport): void {
    this.#accepted.set(worker, accepted);
    this.#reader.take(chosen);
  }

  /**
   * The load is over: resolves when every chosen write has been looked for to the end, when the signal is aborted, or when the target
   * answers too few looks.
   */
  async finish(signal: AbortSignal, onProgress: (note: string) => void): Promise<void> {
    const { plan, nowUs } = this.#options;
    this.#reader.loadEnded();
    const total = this.#reader.all.length;
    const leastPerSec = leastAnswered * restRatePerSec(topRatePerSec(plan));
    const endUs = nowUs() + (plan.writes?.withinUs ?? 0) + (2 * total * 1_000_000) / leastPerSec + patienceUs;
    for (let tellUs = 0; this.#reader.open > 0 && !signal.aborted && nowUs() < endUs;) {
      if (nowUs() >= tellUs) {
        onProgress(`${formatCount(total - this.#reader.open)} of ${formatCount(total)}`);
        tellUs = nowUs() + tellEveryMs * 1_000;
      }
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  }

  /** By operation; those that no write was accepted of are left out. */
  truths(): Record<string, WriteTruth> {
    const { plan, scenario } = this.#options;
    const byOperation = Map.groupBy(this.#reader.all, ({ write }) => write.operation);
    const truths = plan.operations.map(({ name }, at): [string, WriteTruth] => {
      const writes: readonly WatchedWrite[] = byOperation.get(at) ?? [];
      const accepted = [...this.#accepted.values()].reduce((sum, counts) => sum + (counts[at] ?? 0), 0);
      return [name, truthOf(accepted, writes, scenario.operations[name]?.applied !== undefined)];
    });
    return Object.fromEntries(truths.filter(([, { accepted }]) => accepted > 0));
  }

  /** Looks sent, and those that found something. */
  get totals(): PurposeTotals {
    return this.#client.totals;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#client.close();
  }
}

/** Of the step that was begun last, at its slower end; 0 before the first. */
function rateNow(steps: readonly StepRecord[]): number {
  const step = steps.findLast(({ startUs }) => startUs !== null);
  return step === undefined ? 0 : Math.min(step.ratePerSec, step.fromRatePerSec ?? step.ratePerSec);
}
