/**
 * Ctrl-C in three stages: the first stops the load at once (the record is kept and cleanup runs), the second stops cleanup, the
 * third ends the process where it stands.
 */
export class Interrupt implements Disposable {
  readonly #load = new AbortController();
  readonly #cleanup = new AbortController();
  readonly #say: (text: string) => void;
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#receive(signal);
  #count = 0;

  constructor(say: (text: string) => void) {
    this.#say = say;
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
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
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }

  #receive(signal: NodeJS.Signals): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.#say(`${signal}: stopping the load; the record is kept and cleanup runs. Once more stops the cleanup too.`);
      this.#load.abort(`stopped by ${signal}`);
    } else if (this.#count === 2) {
      this.#say(`${signal}: stopping the cleanup.`);
      this.#cleanup.abort(`stopped by ${signal}`);
    } else {
      process.exit(130);
    }
  }
}
