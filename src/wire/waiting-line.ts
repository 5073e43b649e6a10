import { DeadlineQueue } from "./deadline-queue.ts";
import type { Exchange } from "./exchange.ts";

/** Exchanges that wait for a connection, in the order of their deadlines: those that take any, and those that take a new one only. */
export class WaitingLine<Carried extends Exchange> {
  readonly #any = new DeadlineQueue<Carried>();
  readonly #fresh = new DeadlineQueue<Carried>();

  get length(): number {
    return this.#any.length + this.#fresh.length;
  }

  /** How many of them take a new connection only. */
  get fresh(): number {
    return this.#fresh.length;
  }

  /** Whether the next in line takes a new connection only. */
  get isFreshNext(): boolean {
    return this.#fresh.length > 0 && this.#next === this.#fresh;
  }

  /** The latest deadline in line; 0 where nobody waits. */
  get lastDeadlineUs(): number {
    return Math.max(this.#any.last?.deadlineUs ?? 0, this.#fresh.last?.deadlineUs ?? 0);
  }

  add(exchange: Carried): void {
    (exchange.fresh ? this.#fresh : this.#any).add(exchange);
  }

  /** Takes out the next in line, for a new connection. */
  shift(): Carried | null {
    return this.#next.shift();
  }

  /** Takes out the next in line for a connection that was used before. */
  shiftUsed(): Carried | null {
    return this.#any.shift();
  }

  /** Takes out the next in line if its deadline has passed. */
  shiftOverdue(nowUs: number): Carried | null {
    return this.#next.shiftOverdue(nowUs);
  }

  get #next(): DeadlineQueue<Carried> {
    const { first } = this.#fresh;
    if (first === null) return this.#any;
    return this.#any.first === null || first.deadlineUs < this.#any.first.deadlineUs ? this.#fresh : this.#any;
  }
}
