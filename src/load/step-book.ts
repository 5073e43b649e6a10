import { Buckets } from "../measure/buckets.ts";
import { addTally, emptyTally, type OpenTally } from "../measure/step-meter.ts";
import { latencyTag } from "../model/record.ts";
import type { StepRecord, Tally } from "../model/run.ts";
import type { RunRecorder } from "../record/recorder.ts";
import type { FromWorker } from "./messages.ts";

type StepDone = Extract<FromWorker, { type: "step-done" }>;

/** Keeps the steps of `run.json` up to date, and files each step's histograms. */
export class StepBook {
  readonly #recorder: RunRecorder;

  constructor(recorder: RunRecorder) {
    this.#recorder = recorder;
  }

  begin(step: number, startUs: number): void {
    this.#change(step, { startUs });
    this.#recorder.event({ t: startUs, event: "step-start", step });
  }

  /** All workers have drained the step: adds their tallies up and files their histograms. Warm-up is tallied, not measured. */
  done(step: number, parts: readonly StepDone[]): Tally {
    const record = this.#record(step);
    const startUs = record.startUs ?? 0;
    const endUs = startUs + record.holdUs;
    this.#recorder.event({ t: endUs, event: "step-end", step });
    const tally = this.#tally(parts);
    this.#change(step, { endUs, tally });
    if (record.role === "warmup") return tally;
    for (const [tag, buckets] of mergeHistograms(step, this.#operationNames, parts))
      this.#recorder.histogram(tag, startUs, endUs, buckets);
    return tally;
  }

  drained(step: number, atUs: number, lanesSettled: boolean): void {
    this.#recorder.event({ t: atUs, event: "drained", step, lanesSettled });
    this.#change(step, { drainedUs: atUs });
  }

  get #operationNames(): string[] {
    return this.#recorder.run.plan.operations.map((operation) => operation.name);
  }

  #record(step: number): StepRecord {
    const record = this.#recorder.run.steps[step];
    if (record === undefined) throw new RangeError(`no step ${step}`);
    return record;
  }

  #change(step: number, changed: Partial<StepRecord>): void {
    const steps = this.#recorder.run.steps.map((record) => (record.index === step ? { ...record, ...changed } : record));
    this.#recorder.update({ steps });
  }

  #tally(parts: readonly StepDone[]): Tally & { operations: Record<string, Tally> } {
    const all = emptyTally();
    const operations: Record<string, OpenTally> = {};
    for (const part of parts) {
      for (const [at, tally] of part.tallies.entries()) {
        addTally(all, tally);
        addTally((operations[this.#operationNames[at] ?? "?"] ??= emptyTally()), tally);
      }
    }
    return { ...all, operations };
  }
}

/** The workers' histograms of one step, merged, by tag. Lag is the only clock of what was never sent. */
function mergeHistograms(step: number, names: readonly string[], parts: readonly StepDone[]): Map<string, Buckets> {
  const merged = new Map<string, Buckets>();
  for (const { operation, clock, outcome, buckets } of parts.flatMap((part) => part.histograms)) {
    const tag = latencyTag(step, names[operation] ?? "?", clock, outcome);
    let sum = merged.get(tag);
    if (sum === undefined) merged.set(tag, (sum = new Buckets()));
    sum.merge(buckets);
  }
  return merged;
}
