/** A rule: one cause, three answers. */
import type { Evidence, Finding, FindingCode, Judgement } from "../src/model/finding.ts";
import type { View } from "./view.ts";

/** A judgement whose yes also carries the cause as a clause, for the answer's sentence: `one thread ... is at 98 % of a core`. */
export type Ruling =
  | (Extract<Judgement, { verdict: "yes" }> & { readonly clause: string })
  | Exclude<Judgement, { readonly verdict: "yes" }>;

export interface Rule {
  readonly code: FindingCode;
  readonly judge: (view: View) => Ruling;
}

export function yes(finding: Finding, clause: string): Ruling {
  return { verdict: "yes", finding: { ...finding, explains: clampShare(finding.explains) }, clause };
}

export function no(because: string): Ruling {
  return { verdict: "no", because };
}

export function notEnough(missing: string): Ruling {
  return { verdict: "not-enough-evidence", missing };
}

export function evidence(signal: string, measured: number, threshold: number | null, unit: string, window: string): Evidence {
  return { signal, measured, threshold, unit, window };
}

export function clampShare(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}
