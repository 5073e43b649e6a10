/** The parts of a verdict that readers quote. */
import type { FindingCode } from "./finding.ts";

export interface Answer {
  /**
   * Highest multiple that met every limit, with all below it; null where not even the base step did. A hold that had not recovered from a
   * higher one, which it followed without a pause, says nothing of its own multiple.
   */
  readonly holdsMultiple: number | null;
  /** Lowest multiple that did not; null where every step held. */
  readonly breaksAt: number | null;
  /** Indexes of the steps that did not hold, in the order of the run; absent: none. Stages may hold one multiple both well and badly. */
  readonly brokeSteps?: readonly number[];
  /** The first problem's code; null where there is none. A queue that grows is one even where no limit was missed. */
  readonly cause: FindingCode | null;
  /** The whole answer in one sentence for people. */
  readonly sentence: string;
}

/** What the steps say about capacity; a search with an interval is `peakproof capacity`'s. */
export interface CapacityEstimate {
  /** Highest offered rate that met every limit; null: none did. */
  readonly holdsRatePerSec: number | null;
  /** Lowest offered rate that did not; null: every step held. */
  readonly breaksRatePerSec: number | null;
  /** Highest rate of `ok` replies seen over a whole step. */
  readonly bestOkPerSec: number;
  /** True where the generator was the limit: read `holdsRatePerSec` as "at least". */
  readonly lowerBound: boolean;
}

export interface BudgetResult {
  /** As written in the scenario. */
  readonly text: string;
  readonly multiple: number;
  /** Microseconds or a share; `"infinite"` where the percentile falls among requests never served; null: not measured. */
  readonly measured: number | "infinite" | null;
  /** Microseconds or a share. */
  readonly limit: number;
  readonly result: "met" | "missed" | "not-measured";
  /**
   * The higher multiple that the hold had not recovered from, so that it was not measured; absent: none. It decides nothing where another
   * hold of its multiple does.
   */
  readonly unrecoveredFrom?: number;
}
