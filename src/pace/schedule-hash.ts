import { mix } from "../model/random.ts";

/** A hash that can still be added to, as data. */
export interface ScheduleParts {
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Identity of a set of arrivals: their count and the sum (mod 2^64) of a hash over (index, due, entry, user) of each. A sum
 * has no order, so the hashes of shards add up to that of the whole.
 */
export class ScheduleHash {
  count = 0;
  #low = 0;
  #high = 0;

  add(index: number, dueUs: number, entry: number, user: number): void {
    const due = Math.round(dueUs);
    const who = mix(entry, user, index);
    this.count += 1;
    this.#addWords(mix(who, due >>> 0, Math.floor(due / 0x1_0000_0000)), mix(~who, due >>> 0, index));
  }

  merge(other: ScheduleParts): void {
    this.count += other.count;
    this.#addWords(other.low, other.high);
  }

  /** The two halves of the sum, for sending between threads. */
  get parts(): ScheduleParts {
    return { count: this.count, low: this.#low, high: this.#high };
  }

  /** 16 hex digits over the sum and the count. */
  digest(): string {
    return [mix(this.#high, this.count, 1), mix(this.#low, this.count, 2)]
      .map((word) => word.toString(16).padStart(8, "0"))
      .join("");
  }

  #addWords(low: number, high: number): void {
    const sum = this.#low + low;
    this.#low = sum >>> 0;
    this.#high = (this.#high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  }
}
