/** What the capacity picture shows, and the columns that its two halves share. */
import type { ScaleBand } from "d3-scale";
import type { RunRecord } from "../../model/record.ts";
import type { StepView } from "../step-view.ts";

export interface CapacityChart {
  readonly record: RunRecord;
  readonly steps: readonly StepView[];
  /** The scenario's budgets as written. */
  readonly budgets: readonly string[];
}

/** Step index to its column. */
export type Columns = ScaleBand<number>;

/** Columns narrower than this, pixels, have no room for a value with its unit; than the second, for none at all. */
export const unitColumn = 56;
export const valueColumn = 34;

/** The middle of a step's column. */
export function middleOf(columns: Columns, step: number): number {
  return (columns(step) ?? 0) + columns.bandwidth() / 2;
}
