/** `Server-Timing` of one reply (W3C Server Timing): where the time went, in milliseconds. */

/** The stages of a request that replies tell about. */
export type TimingEntry = "cache" | "store" | "queue" | "lab" | "sign";

/** One reply's stages, in the order in which they ended. */
export class Timing {
  #header = "";

  /** Notes what took place between an instant of `performance.now()` and now. */
  since(entry: TimingEntry, startMs: number): void {
    const text = `${entry};dur=${(performance.now() - startMs).toFixed(3)}`;
    this.#header = this.#header === "" ? text : `${this.#header}, ${text}`;
  }

  /** Runs the work and notes how long it took, also where it fails. */
  async around<Result>(entry: TimingEntry, work: () => Promise<Result>): Promise<Result> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.since(entry, startMs);
    }
  }

  /** The header's value; empty where nothing was noted. */
  get header(): string {
    return this.#header;
  }
}
