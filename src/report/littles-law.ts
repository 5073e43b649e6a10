/** The two accounts of requests under way, as Little's law compares them. */
import type { StepRecord } from "../model/run.ts";

export interface LittlesLaw {
  /** A step by itself, or steps that follow one another without a pause: those are only empty together. */
  readonly steps: readonly StepRecord[];
  /** Request-microseconds under way, as the transport counted them: L times the time that it is a mean over. */
  readonly inFlightUs: number;
  /** The same by the requests' own clocks: lambda times W times that time. */
  readonly residenceUs: number;
  /** W: mean time under way of each, by its own clocks, microseconds. */
  readonly timeUs: number;
  /** How far the two lie apart, as a share of the larger. */
  readonly deviation: number;
}

/** Both accounts wherever they are in the record; warm-up is left out. */
export function littlesLaws(steps: readonly StepRecord[]): LittlesLaw[] {
  const chains: StepRecord[][] = [];
  for (const step of steps) {
    const chain = step.follows === true ? chains.at(-1) : undefined;
    if (chain === undefined) chains.push([step]);
    else chain.push(step);
  }
  return chains.filter((chain) => chain[0]?.role !== "warmup").flatMap((chain) => lawOf(chain) ?? []);
}

/**
 * From the begin of the first step to the end of the last one's last request, where there is nothing under way: L = lambda W then holds
 * for any course of events in between (Stidham 1974). The last step has the account of all. L and lambda are told only multiplied by
 * that time: when the last request ended is not in the record, since `drainedUs` is when the lanes had come back, too.
 */
function lawOf(steps: readonly StepRecord[]): LittlesLaw | null {
  const occupancy = steps.at(-1)?.tally?.occupancy;
  const dispatched = steps.reduce((sum, { tally }) => sum + (tally?.dispatched ?? 0), 0);
  if (occupancy === undefined || dispatched === 0) return null;
  const { inFlightUs, residenceUs } = occupancy;
  const larger = Math.max(inFlightUs, residenceUs);
  return {
    steps,
    inFlightUs,
    residenceUs,
    timeUs: residenceUs / dispatched,
    deviation: larger === 0 ? 0 : Math.abs(inFlightUs - residenceUs) / larger,
  };
}
