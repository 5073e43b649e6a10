import { parseDurationUs } from "../model/units.ts";

/** A duration that has been validated, in microseconds. */
export function validDurationUs(text: string): number {
  return parseDurationUs(text) ?? 0;
}
