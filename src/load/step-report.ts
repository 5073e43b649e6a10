import type { Occupancy } from "../model/run.ts";
import type { FromWorker } from "./messages.ts";
import type { RunningStep } from "./running-step.ts";

export type StepDone = Extract<FromWorker, { type: "step-done" }>;

/** What a load thread says of a step that is over. */
export function stepReport({ plan, meter, hash }: RunningStep, occupancy: Occupancy | null): StepDone {
  return {
    type: "step-done",
    step: plan.index,
    tallies: meter.tallies,
    journeys: meter.journeys,
    histograms: meter.metered().map(({ operation, clock, outcome, buckets }) => {
      return { operation, clock, outcome, buckets: buckets.whole };
    }),
    phases: meter.meteredPhases().map(({ phase, buckets }) => ({ phase, buckets: buckets.whole })),
    occupancy,
    schedule: hash.parts,
  };
}

/** The memory in a report that is to be transferred with it, so that the thread that goes on with the next step need not copy it. */
export function memoryOf({ histograms, phases }: StepDone): ArrayBuffer[] {
  return [...histograms, ...phases].map(({ buckets }) => buckets.counts.buffer);
}
