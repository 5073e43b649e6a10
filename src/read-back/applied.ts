import type { Operation, Reply } from "../model/scenario.ts";

/** Statuses by which a target says that something is not there. */
const absent = new Set([404, 410]);
/** Statuses that say nothing of a write, whatever a scenario makes of them: the target could not look now. */
const isNoAnswer = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * How often a write was applied, by the reply to its `readBack`; null: the reply does not tell. `applied` is asked first; where it gives
 * no number of times, 404 and 410 mean none.
 */
export function appliedBy({ applied }: Pick<Operation, "applied">, reply: Reply): number | null {
  if (isNoAnswer(reply.status)) return null;
  if (applied !== undefined) {
    const times = timesBy(applied, reply);
    if (times !== null) return times;
  } else if (reply.status >= 200 && reply.status < 300) return 1;
  return absent.has(reply.status) ? 0 : null;
}

function timesBy(applied: (reply: Reply) => number, reply: Reply): number | null {
  try {
    const times: unknown = applied(reply);
    return Number.isSafeInteger(times) && Number(times) >= 0 ? Number(times) : null;
  } catch {
    return null;
  }
}
