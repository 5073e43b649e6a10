import type { VitalSample } from "../model/vitals.ts";

/** A sample that has no time yet: samplers return these, and the one clock of `VitalsSampler` stamps them. */
export type Reading = Omit<VitalSample, "t">;

/** Readings of one source by signal name; none for a figure that could not be had (null). */
export function readingsOf(source: string, figures: Readonly<Record<string, number | null>>): Reading[] {
  return Object.entries(figures).flatMap(([signal, value]) => (value === null ? [] : [{ source, signal, value }]));
}

/** A counter's rise in relation to another's (time, ticks, periods): never negative, 0 where the other stood still. */
export function shareOf(rise: number, whole: number): number {
  return whole > 0 ? Math.max(0, rise / whole) : 0;
}
