/**
 * A performance budget: `[<operation>] <clock> p<percentile> <= <duration> [up to <N>x]` or
 * `[<operation>] errors <= <percent>% [up to <N>x]`. Without `up to` it holds for every step.
 */
import { parseDurationUs } from "./units.ts";

export const clocks = ["lag", "wait", "service", "response"] as const;
export type Clock = (typeof clocks)[number];

/**
 * The parts of a connection's and of an exchange's time, kept per step over all operations: name lookup, TCP and TLS handshake of
 * each connection opened; then of each reply from sent to its first byte, and from there to its end.
 */
export const phases = ["dns", "tcp", "tls", "firstByte", "body"] as const;
export type Phase = (typeof phases)[number];

interface BudgetScope {
  /** As written, spaces folded. */
  readonly text: string;
  /** Null: over all operations. */
  readonly operation: string | null;
  /** Highest multiple it applies to; null: all. */
  readonly upTo: number | null;
}
export interface LatencyBudget extends BudgetScope {
  readonly kind: "latency";
  readonly clock: Clock;
  readonly percent: number;
  readonly limitUs: number;
}
export interface ErrorBudget extends BudgetScope {
  readonly kind: "errors";
  /** Share in [0, 1]. */
  readonly limitShare: number;
}
export type Budget = LatencyBudget | ErrorBudget;

export const budgetExamples = `"scan response p99 <= 200ms up to 3x" or "errors <= 0.1% up to 3x"`;

const grammar =
  /^(?:(?<operation>[\w-]+) +)?(?:(?<clock>response|service|wait|lag) +p(?<percent>\d+(?:\.\d+)?)|errors) *<= *(?<limit>[\d.]+ *[a-z%]+)(?: +up to +(?<upTo>\d+(?:\.\d+)?)x)?$/;

/** The budget, or null where the text fits neither form. Whether the operation exists is the caller's to check. */
export function parseBudget(raw: string): Budget | null {
  const text = raw.trim().replace(/\s+/g, " ");
  const groups = grammar.exec(text)?.groups;
  if (groups === undefined) return null;
  const limit = (groups["limit"] ?? "").replace(" ", "");
  const scope = { text, operation: groups["operation"] ?? null, upTo: groups["upTo"] ? Number(groups["upTo"]) : null };
  if (groups["clock"] === undefined) return errorBudget(scope, limit);
  const percent = Number(groups["percent"]);
  const limitUs = parseDurationUs(limit);
  if (limitUs === undefined || percent <= 0 || percent >= 100) return null;
  return { kind: "latency", ...scope, clock: groups["clock"] as Clock, percent, limitUs };
}

function errorBudget(scope: BudgetScope, limit: string): ErrorBudget | null {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(limit)?.[1];
  if (percent === undefined || Number(percent) > 100) return null;
  return { kind: "errors", ...scope, limitShare: Number(percent) / 100 };
}
