import type { JournalOutcome } from "../model/journal.ts";
import type { Outcome } from "../model/run.ts";
import type { Operation, Reply } from "../model/scenario.ts";

/** How a request ended, for the meters and for the journal. Pure. */
export interface Judged {
  readonly outcome: Outcome;
  readonly errorKey: string | null;
  readonly journal: JournalOutcome["r"];
  readonly createdId: string | undefined;
}

/** Statuses by which a target says "not now": apart from failures, so that fast refusals do not hide in a median. */
const refusals = new Set([429, 503]);

/** What the transport saw of a request. */
export interface Seen {
  /** 0: none came. */
  readonly status: number;
  /** Error key of the transport, or null. */
  readonly error: string | null;
  /** Whether any byte left us. */
  readonly wasSent: boolean;
}

/** Judges a settled request. `reply` is only called where the operation has checks or wants the created id. */
export function judge(operation: Operation, seen: Seen, reply: () => Reply): Judged {
  if (seen.error !== null) {
    return { outcome: "failed", errorKey: seen.error, journal: seen.wasSent ? "unknown" : "unsent", createdId: undefined };
  }
  if (!isExpected(operation.expect?.status, seen.status)) return unexpected(seen.status);
  const failedCheck = Object.entries(operation.checks ?? {}).find(([, check]) => !passes(check, reply));
  const createdId = createdIdOf(operation, reply);
  return {
    outcome: failedCheck === undefined ? "ok" : "failed",
    errorKey: failedCheck === undefined ? null : `check:${failedCheck[0]}`,
    journal: "created",
    createdId,
  };
}

function isExpected(expected: number | readonly number[] | undefined, status: number): boolean {
  if (expected === undefined) return status >= 200 && status < 300;
  return typeof expected === "number" ? status === expected : expected.includes(status);
}

/** A 5xx that is no refusal may have been written all the same, so the journal says unknown and cleanup looks. */
function unexpected(status: number): Judged {
  const refused = refusals.has(status);
  return {
    outcome: refused ? "rejected" : "failed",
    errorKey: `status:${status}`,
    journal: refused || (status >= 400 && status < 500) ? "rejected" : "unknown",
    createdId: undefined,
  };
}

/** A check that throws (a reply that is no JSON, say) has not passed. */
function passes(check: (reply: Reply) => boolean, reply: () => Reply): boolean {
  try {
    // Compared, since an async check would hand back a promise, and a promise is not a yes.
    const passed: unknown = check(reply());
    if (passed instanceof Promise) passed.catch(() => undefined);
    return passed === true;
  } catch {
    return false;
  }
}

function createdIdOf(operation: Operation, reply: () => Reply): string | undefined {
  if (operation.created === undefined) return undefined;
  try {
    const id: unknown = operation.created(reply());
    return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
  } catch {
    return undefined;
  }
}
