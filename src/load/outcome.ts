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
  /** Error key of the transport or of a redirect, or null. */
  readonly error: string | null;
  /** Whether any byte left us. */
  readonly wasSent: boolean;
  /** Whether it was sent on at least once, so that a target may have taken it before what came in the end. */
  readonly wasRedirected: boolean;
}

/** Whether an operation's judgement needs head and body of the reply, which costs their copying. */
export function needsReply(operation: Operation): boolean {
  return operation.checks !== undefined || operation.created !== undefined;
}

/** What most requests come to. */
const fine: Judged = { outcome: "ok", errorKey: null, journal: "created", createdId: undefined };

/** Judges a settled request. `reply` may be null where `needsReply` is false. */
export function judge(operation: Operation, { status, error, wasSent, wasRedirected }: Seen, reply: Reply | null): Judged {
  if (error !== null)
    return { outcome: "failed", errorKey: error, journal: wasSent ? "unknown" : "unsent", createdId: undefined };
  if (!isExpected(operation.expect?.status, status)) return unexpected(status, wasRedirected);
  if (reply === null) return fine;
  const failedCheck = failedCheckOf(operation, reply);
  return {
    outcome: failedCheck === null ? "ok" : "failed",
    errorKey: failedCheck === null ? null : `check:${failedCheck}`,
    journal: "created",
    createdId: createdIdOf(operation, reply),
  };
}

function isExpected(expected: number | readonly number[] | undefined, status: number): boolean {
  if (expected === undefined) return status >= 200 && status < 300;
  return typeof expected === "number" ? status === expected : expected.includes(status);
}

/**
 * A 5xx that is no refusal may have been written all the same, so the journal says unknown and cleanup looks. So it does of what was
 * redirected: a POST that a 303 made a GET of has most likely been written, whatever that GET is answered.
 */
function unexpected(status: number, wasRedirected: boolean): Judged {
  const refused = refusals.has(status);
  return {
    outcome: refused ? "rejected" : "failed",
    errorKey: `status:${status}`,
    journal: !wasRedirected && (refused || (status >= 400 && status < 500)) ? "rejected" : "unknown",
    createdId: undefined,
  };
}

/** Name of the first check that has not passed. */
function failedCheckOf({ checks }: Operation, reply: Reply): string | null {
  for (const name in checks) {
    const check = checks[name];
    if (check !== undefined && !passes(check, reply)) return name;
  }
  return null;
}

/** A check that throws (a reply that is no JSON, or cannot be decoded) has not passed. */
function passes(check: (reply: Reply) => boolean, reply: Reply): boolean {
  try {
    // Compared, since an async check would hand back a promise, and a promise is not a yes.
    const passed: unknown = check(reply);
    if (passed instanceof Promise) passed.catch(() => undefined);
    return passed === true;
  } catch {
    return false;
  }
}

function createdIdOf(operation: Operation, reply: Reply): string | undefined {
  if (operation.created === undefined) return undefined;
  try {
    const id: unknown = operation.created(reply);
    return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
  } catch {
    return undefined;
  }
}
