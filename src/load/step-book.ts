import { Buckets, type WholeBuckets } from "../measure/buckets.ts";
import {
  addJourneyTally,
  addTally,
  emptyJourneyTally,
  emptyTally,
  type OpenJourneyTally,
  type OpenTally,
} from "../measure/step-meter.ts";
import { latencyTag } from "../model/record.ts";
import type { Occupancy, StepRecord } from "../model/run.ts";
import type { RunRecorder } from "../record/recorder.ts";
import type { StepDone } from "./step-report.ts";

type StepTally = NonNullable<StepRecord["tally"]>;

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
  done(step: number, parts: readonly StepDone[]): StepTally {
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

  /** `lanesSettled`: whether the lanes came back to their baseline; null where they were not waited for, since a step follows. */
  drained(step: number, atUs: number, lanesSettled: boolean | null): void {
    if (lanesSettled !== null) this.#recorder.event({ t: atUs, event: "drained", step, lanesSettled });
    this.#change(step, { drainedUs: Math.round(atUs) });
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

  #tally(parts: readonly StepDone[]): StepTally {
    const all = emptyTally();
    const operations: Record<string, OpenTally> = {};
    for (const part of parts) {
      for (const [at, tally] of part.tallies.entries()) {
        addTally(all, tally);
        addTally((operations[this.#operationNames[at] ?? "?"] ??= emptyTally()), tally);
      }
    }
    return { ...all, operations, ...this.#journeys(parts), ...occupancyOf(parts) };
  }

  #journeys(parts: readonly StepDone[]): Pick<StepTally, "journeys"> {
    const { journeys } = this.#recorder.run.plan;
    if (journeys.length === 0) return {};
    const sums: Record<string, OpenJourneyTally> = {};
    for (const part of parts)
      for (const [at, tally] of part.journeys.entries())
        addJourneyTally((sums[journeys[at]?.name ?? "?"] ??= emptyJourneyTally()), tally);
    return { journeys: sums };
  }
}

/** Both accounts of all workers together; none where the step is not the last one of its chain. */
function occupancyOf(parts: readonly StepDone[]): Pick<StepTally, "occupancy"> {
  const each = parts.map((part) => part.occupancy).filter((occupancy) => occupancy !== null);
  if (each.length === 0) return {};
  const sum = (of: keyof Occupancy): number => Math.round(each.reduce((total, occupancy) => total + occupancy[of], 0));
  return { occupancy: { inFlightUs: sum("inFlightUs"), residenceUs: sum("residenceUs") } };
}

/** The workers' histograms of one step, merged, by tag. Lag is the only clock of what was never sent. */
function mergeHistograms(step: number, names: readonly string[], parts: readonly StepDone[]): Map<string, Buckets> {
  const merged = new Map<string, Buckets>();
  const add = (tag: string, buckets: WholeBuckets): void => {
    let sum = merged.get(tag);
    if (sum === undefined) merged.set(tag, (sum = new Buckets()));
    sum.mergeWhole(buckets);
  };
  for (const part of parts) {
    for (const { operation, clock, outcome, buckets } of part.histograms)
      add(latencyTag(step, names[operation] ?? "?", clock, outcome), buckets);
    for (const { phase, buckets } of part.phases) add(latencyTag(step, "*", phase, "*"), buckets);
  }
  return merged;
}
