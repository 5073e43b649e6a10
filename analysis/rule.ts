/** A rule: one cause, three answers. */
import type { Evidence, Finding, FindingCode, Judgement } from "../src/model/finding.ts";
import type { View } from "./view.ts";

/** A judgement whose yes also carries the cause as a clause, for the answer's sentence: `one thread ... is at 98 % of a core`. */
export type Ruling =
  | (Extract<Judgement, { verdict: "yes" }> & { readonly clause: string })
  | Exclude<Judgement, { readonly verdict: "yes" }>;

/** One file per rule, one signature; a rule imports no other rule's judgement. */
export interface Rule {
  readonly code: FindingCode;
  readonly judge: (view: View) => Ruling;
}

/** The cause holds. `clause` completes "at 5x it breaks: ..."; `explains` is clamped to [0, 1]. */
export function yes(finding: Finding, clause: string): Ruling {
  return { verdict: "yes", finding: { ...finding, explains: clampShare(finding.explains) }, clause };
}

/** The cause is ruled out, since ... */
export function no(because: string): Ruling {
  return { verdict: "no", because };
}

/** It cannot be judged without ... */
export function notEnough(missing: string): Ruling {
  return { verdict: "not-enough-evidence", missing };
}

/** One number that speaks for a finding, with what it was held against and over which step. */
export function evidence(signal: string, measured: number, threshold: number | null, unit: string, window: string): Evidence {
  return { signal, measured, threshold, unit, window };
}

/** A ratio as a share in [0, 1]; 0 where it is no number, as after a division by 0. */
export function clampShare(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}
