/** What the laboratory saw of each synthetic run: how a third party can tell a test from patients. */

/** Runs remembered, the newest. */
const mostRuns = 1_000;

/** One run, as the laboratory saw it. */
export interface SeenCalls {
  readonly calls: number;
  /** The tag headers of the last call; empty where there was none. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Counts the calls of each run. */
export class CallBook {
  readonly #runs = new Map<string, SeenCalls>();

  add(headers: Readonly<Record<string, string>>): void {
    const run = headers["x-synthetic-run"] ?? "none";
    const calls = this.of(run).calls + 1;
    this.#runs.set(run, { calls, headers });
    if (this.#runs.size <= mostRuns) return;
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined) this.#runs.delete(oldest);
  }

  /** The calls of a run; `none` for those without a tag. */
  of(run: string): SeenCalls {
    return this.#runs.get(run) ?? { calls: 0, headers: {} };
  }
}
