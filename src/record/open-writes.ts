import type { JournalIntent, JournalLine, JournalOutcome } from "../model/journal.ts";

/**
 * One operation's writes of which nobody knows whether they landed: an attempt is open from its intent until an outcome other than
 * `unknown`. Where a later attempt with the same idempotency key was created, the target has told the earlier ones apart from another
 * write, so they are not open either; without a key each attempt may have left a row of its own.
 */
export class OpenWrites {
  /** The attempts that are open, in their order, by purpose and request number. */
  readonly #writes = new Map<string, Map<number, JournalIntent[]>>();
  readonly #retried: (intent: JournalIntent) => void;

  /** `retried` is told each write whose earlier attempts are taken for settled by their key alone, once. */
  constructor(retried: (intent: JournalIntent) => void = () => undefined) {
    this.#retried = retried;
  }

  /** Takes up a line, in the journal's order. */
  add(line: JournalLine): void {
    let writes = this.#writes.get(line.p);
    if (writes === undefined) this.#writes.set(line.p, (writes = new Map()));
    const attempts = writes.get(line.n);
    if (line.k === "i") {
      if (attempts === undefined) writes.set(line.n, [line]);
      else attempts.push(line);
    } else if (attempts !== undefined && line.r !== "unknown") {
      const left = attempts.filter((attempt) => !isSettledBy(attempt, line, attempts));
      const byKey = attempts.find((attempt) => attempt.a !== line.a && !left.includes(attempt));
      if (byKey !== undefined) this.#retried(byKey);
      if (left.length === 0) writes.delete(line.n);
      else writes.set(line.n, left);
    }
  }

  /** The latest open attempt of each write. */
  *latest(): Generator<JournalIntent> {
    for (const writes of this.#writes.values()) {
      for (const attempts of writes.values()) yield* attempts.slice(-1);
    }
  }
}

function isSettledBy(attempt: JournalIntent, { a, r }: JournalOutcome, attempts: readonly JournalIntent[]): boolean {
  if (attempt.a === a) return true;
  const key = attempts.find((other) => other.a === a)?.key;
  return r === "created" && attempt.a < a && key !== undefined && attempt.key === key;
}
