/** The two accounts of requests under way, as Little's law compares them. */
import type { StepRecord } from "../model/run.ts";

export interface LittlesLaw {
  /** A step by itself, or steps that follow one another without a pause: those are only empty together. */
  readonly steps: readonly StepRecord[];
  /** L: mean number of requests under way, as the transport counted them. */
  readonly inFlight: number;
  /** Lambda: requests taken up, per second. */
  readonly ratePerSec: number;
  /** W: mean time under way of each, by its own clocks, microseconds. */
  readonly timeUs: number;
  /** How far L lies from lambda times W, as a share of the larger. */
  readonly deviation: number;
}

/** L, lambda and W wherever both accounts are in the record; warm-up is left out. */
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
 * for any course of events in between (Stidham 1974). The last step has the account of all.
 */
function lawOf(steps: readonly StepRecord[]): LittlesLaw | null {
  const [first, last] = [steps[0], steps.at(-1)];
  const occupancy = last?.tally?.occupancy;
  if (first === undefined || last === undefined || occupancy === undefined) return null;
  const spanUs = (last.drainedUs ?? last.endUs ?? 0) - (first.startUs ?? 0);
  const dispatched = steps.reduce((sum, { tally }) => sum + (tally?.dispatched ?? 0), 0);
  if (!(spanUs > 0) || dispatched === 0) return null;
  const { inFlightUs, residenceUs } = occupancy;
  const larger = Math.max(inFlightUs, residenceUs);
  return {
    steps,
    inFlight: inFlightUs / spanUs,
    ratePerSec: dispatched / (spanUs / 1e6),
    timeUs: residenceUs / dispatched,
    deviation: larger === 0 ? 0 : Math.abs(inFlightUs - residenceUs) / larger,
  };
}
