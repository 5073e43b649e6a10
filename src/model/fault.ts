/**
 * Why a command cannot go on, in the terms its reader needs: what came, what was expected, what to write instead.
 * Rooms throw a Fault; only `bin/` turns one into text and an exit code.
 */
export type FaultKind =
  | "usage" //        a flag, a scenario or a run directory that cannot be used: exit 2
  | "unreachable" //  the target gives no valid answer: exit 5
  | "safety" //       a limit of ours forbids it: exit 6
  | "disk" //         our own record or journal cannot be written: exit 1
  | "internal"; //    our mistake: exit 1

export interface FaultDetail {
  /** What was received, quoted as it came (never a secret). */
  readonly received?: string;
  /** What would have been accepted. */
  readonly expected?: string;
  /** What to type or change instead. */
  readonly fix?: string;
}

/** An expected failure with a way out. `message` says what happened in one sentence, without a trailing stop. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly detail: FaultDetail;

  constructor(kind: FaultKind, message: string, detail: FaultDetail = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "Fault";
    this.kind = kind;
    this.detail = detail;
  }
}

/** The error's own words whatever was thrown: `catch` in JavaScript receives anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ENOSPC`, `ECONNREFUSED`), or undefined. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
