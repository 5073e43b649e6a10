/** Ctrl-C, a service manager, a terminal that was closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const whileLoading = [
  "stopping the load; the record is kept and cleanup runs. Once more stops the cleanup too.",
  "stopping the cleanup.",
] as const;

/**
 * Ctrl-C in three stages: the first stops the load at once (the record is kept and cleanup runs), the second stops cleanup, the
 * third ends the process where it stands.
 */
export class Interrupt implements Disposable {
  readonly #load = new AbortController();
  readonly #cleanup = new AbortController();
  readonly #say: (text: string) => void;
  readonly #sentences: readonly [first: string, second: string];
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#receive(signal);
  #count = 0;

  constructor(say: (text: string) => void, sentences: readonly [first: string, second: string] = whileLoading) {
    this.#say = say;
    this.#sentences = sentences;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** Aborted by the first signal. */
  get load(): AbortSignal {
    return this.#load.signal;
  }

  /** Aborted by the second signal. */
  get cleanup(): AbortSignal {
    return this.#cleanup.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }

  #receive(signal: NodeJS.Signals): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.#say(`${signal}: ${this.#sentences[0]}`);
      this.#load.abort(`stopped by ${signal}`);
    } else if (this.#count === 2) {
      this.#say(`${signal}: ${this.#sentences[1]}`);
      this.#cleanup.abort(`stopped by ${signal}`);
    } else {
      process.exit(130);
    }
  }
}
