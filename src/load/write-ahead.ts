import type { RunPlan } from "../model/plan.ts";
import type { Journal } from "../record/journal.ts";
import { outcomeLine, type Flight } from "./flight.ts";
import { Heap } from "./heap.ts";
import type { Upcoming } from "./upcoming.ts";

/** The journal's side of an engine: no attempt at a write departs before its intent is on disk. Reads pass through. */
export class WriteAhead {
  readonly #journal: Pick<Journal, "intend" | "settle" | "isSynced">;
  readonly #names: readonly string[];
  readonly #writes: readonly boolean[];
  /** Due, and their intents not on disk, by ticket. */
  readonly #waiting = new Heap<Upcoming>();

  constructor(plan: Pick<RunPlan, "operations">, journal: Pick<Journal, "intend" | "settle" | "isSynced">) {
    this.#journal = journal;
    this.#names = plan.operations.map((operation) => operation.name);
    this.#writes = plan.operations.map((operation) => operation.kind === "write");
  }

  isWrite(operation: number): boolean {
    return this.#writes[operation] === true;
  }

  /** Journals an attempt that has been built, where it is a write and not journaled yet. */
  intend(upcoming: Upcoming): void {
    if (upcoming.ticket > 0 || upcoming.built === null || !this.isWrite(upcoming.operation)) return;
    const { key } = upcoming.built;
    upcoming.ticket = this.#journal.intend({ ...this.#keyOf(upcoming), u: upcoming.user, ...(key === undefined ? {} : { key }) });
  }

  isSynced(upcoming: Upcoming): boolean {
    return upcoming.ticket === 0 || this.#journal.isSynced(upcoming.ticket);
  }

  /** Keeps one that is due until its intent is on disk. */
  wait(upcoming: Upcoming): void {
    this.#waiting.add(upcoming.ticket, upcoming);
  }

  /** Takes out one that has waited until its intent was on disk, or beyond its deadline. Intents reach the disk in their order. */
  release(nowUs: number): Upcoming | undefined {
    const { first } = this.#waiting;
    if (first === undefined) return undefined;
    return this.isSynced(first) || first.deadlineUs <= nowUs ? this.#waiting.shift() : undefined;
  }

  /** Takes out any one that waits. */
  shift(): Upcoming | undefined {
    return this.#waiting.shift();
  }

  /** One that was journaled is not going to be sent. */
  disown(upcoming: Upcoming): void {
    if (upcoming.ticket > 0) this.#journal.settle({ ...this.#keyOf(upcoming), r: "unsent" });
  }

  settled(flight: Flight): void {
    if (this.isWrite(flight.operation)) this.#journal.settle(outcomeLine(flight, this.#names[flight.operation] ?? "?"));
  }

  #keyOf({ index, operation, purpose, attempt }: Upcoming) {
    return { n: index, op: this.#names[operation] ?? "?", p: purpose, a: attempt };
  }
}
