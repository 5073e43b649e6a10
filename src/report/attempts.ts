/** What retry policies and lost requests make of the load that was meant. */
import type { LoadFigures } from "../model/summary.ts";

/** Attempts that were followed by another one. */
export function retriesOf({ retried }: Pick<LoadFigures, "retried">): number {
  return Object.values(retried ?? {}).reduce((sum, count) => sum + count, 0);
}

/**
 * Attempts for each request that was due: what clients' retries multiply the load by. 1 where nothing was tried again; null where
 * nothing was due.
 */
export function attemptsPerRequest(own: Pick<LoadFigures, "due" | "retried">): number | null {
  return own.due === 0 ? null : (own.due + retriesOf(own)) / own.due;
}

/** Requests that were due and never sent: intended less offered load, which is counted as loss (RFC 9971, MLRsearch). */
export function unsentOf({ due, sent }: Pick<LoadFigures, "due" | "sent">): number {
  return Math.max(0, due - sent);
}

/** Requests that were sent and never answered in full. */
export function unansweredOf({ sent, done }: Pick<LoadFigures, "sent" | "done">): number {
  return Math.max(0, sent - done);
}
