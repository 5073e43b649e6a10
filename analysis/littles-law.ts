/** Whether a step's measurement agrees with itself: see `Occupancy`, whose two accounts are equal by Little's law. */
import type { Evidence } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { Occupancy, StepRecord } from "../src/model/run.ts";
import { formatCount, formatShare } from "../src/model/units.ts";
import { evidence } from "./rule.ts";

/** That the two accounts of a step differ. */
export interface Imbalance {
  readonly evidence: Evidence;
  /** `by the connections requests were under way for 912 s in all, by their own clocks for 1,003 s: 9.1 % apart (limit 5 %)`. */
  readonly clause: string;
}

/** Most that the two may differ, as a share of the larger. Diagnosis 2.0, where the 5 % are a guess; without a fault they are equal. */
const differenceMax = 0.05;
/** Request-microseconds below which nothing is said: a tenth of a second of one request. A guess. */
const occupancyMinUs = 100_000;

/**
 * The imbalance of a step, or null where its accounts agree, are too small to tell, or are not in the record. Steps that follow one
 * another without a pause are only empty together, so that they have one account, in the record of the last: it speaks for all.
 */
export function imbalanceOf(record: RunRecord, step: StepRecord): Imbalance | null {
  const last = lastOfChain(record.run.steps, step);
  const occupancy = last.tally?.occupancy;
  if (occupancy === undefined) return null;
  const { inFlightUs, residenceUs } = occupancy;
  const larger = Math.max(inFlightUs, residenceUs);
  const difference = Math.abs(inFlightUs - residenceUs) / larger;
  if (!(larger >= occupancyMinUs) || difference <= differenceMax) return null;
  const window = last === step ? `step ${step.index} (${step.multiple}x)` : `steps up to ${last.index}, without a pause`;
  return {
    evidence: evidence("requests under way, connections against clocks: difference", difference, differenceMax, "share", window),
    clause: clauseOf(occupancy, difference),
  };
}

function clauseOf({ inFlightUs, residenceUs }: Occupancy, difference: number): string {
  const apart = `${formatShare(difference)} apart (limit ${formatShare(differenceMax)})`;
  return `by the connections requests were under way for ${seconds(inFlightUs)} in all, by their own clocks for ${seconds(residenceUs)}: ${apart}`;
}

function seconds(us: number): string {
  return `${formatCount(us / 1e6)} s`;
}

function lastOfChain(steps: readonly StepRecord[], step: StepRecord): StepRecord {
  let last = step;
  for (let next = steps[last.index + 1]; next?.follows === true; next = steps[last.index + 1]) last = next;
  return last;
}
