/**
 * The run second by second, as arrays that charts and tables share: value n belongs to second n since the run's start.
 * Lines of a record file may miss a field or hold nonsense; what is no finite number counts as not measured.
 */
import type { RunRecord } from "../model/record.ts";
import type { SeriesPoint } from "../model/series.ts";
import type { VitalSample } from "../model/vitals.ts";

/** Longest run that is drawn: two days, in seconds. A hostile `t` must not decide how much memory we take. */
export const drawnSecondsMost = 172_800;

export type Values = readonly (number | null)[];

/** Number of seconds that the record covers, at most `drawnSecondsMost`. */
export function secondsCount(record: RunRecord): number {
  let last = -1;
  for (const { t } of [record.series, record.vitals].flat()) last = Math.max(last, secondOf(t) ?? -1);
  return last + 1;
}

/** The second that an instant falls into, or null where it is not drawn. */
export function secondOf(t: number): number | null {
  const second = Math.floor(t / 1e6);
  return second >= 0 && second < drawnSecondsMost ? second : null;
}

/** One figure of `series.ndjson` per second. */
export function seriesValues(record: RunRecord, count: number, pick: (point: SeriesPoint) => number | null | undefined): Values {
  const values = Array.from<number | null>({ length: count }).fill(null);
  for (const point of record.series) {
    const second = secondOf(point.t);
    const value = pick(point);
    if (second !== null && isNumber(value)) values[second] = value;
  }
  return values;
}

/** One figure of `vitals.ndjson` per second; several samples in one second are folded by `fold`. */
export function vitalValues(
  samples: readonly VitalSample[],
  count: number,
  fold: (a: number, b: number) => number = Math.max,
): Values {
  const values = Array.from<number | null>({ length: count }).fill(null);
  for (const { t, value } of samples) {
    const second = secondOf(t);
    if (second === null || !isNumber(value)) continue;
    const before = values[second] ?? null;
    values[second] = before === null ? value : fold(before, value);
  }
  return values;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The values that were measured. */
export function known(values: Values): number[] {
  return values.filter((value) => value !== null);
}

export function meanOf(values: Values): number | null {
  const numbers = known(values);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
