/** How much falls due in each second of a run. What is known ahead is counted ahead, so a loop that stalls loses none of it. */
export class DueSeconds {
  readonly #counts = new Map<number, number>();
  #second = 0;
  #count = 0;

  add(dueUs: number): void {
    const second = Math.floor(dueUs / 1_000_000);
    if (second !== this.#second) this.#turnTo(second);
    this.#count += 1;
  }

  /** What fell due in a second or, where it was asked for late, before it; forgets it. */
  take(second: number): number {
    this.#turnTo(Number.POSITIVE_INFINITY);
    let due = 0;
    for (const [earlier, count] of this.#counts) {
      if (earlier > second) continue;
      due += count;
      this.#counts.delete(earlier);
    }
    return due;
  }

  /** One second is counted in a field of its own, since arrivals come in the order of their due times and a map's entry costs more. */
  #turnTo(second: number): void {
    if (this.#count > 0) this.#counts.set(this.#second, (this.#counts.get(this.#second) ?? 0) + this.#count);
    this.#second = second;
    this.#count = 0;
  }
}
