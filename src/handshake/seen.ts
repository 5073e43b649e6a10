import { Fault, messageOf } from "../model/fault.ts";
import { redact } from "../safety/redact.ts";
import type { Canary, Look, Observer } from "./observer.ts";

/** The scenario's own function, for a place that nothing else can look at. */
export class SeenObserver implements Observer {
  readonly #hop: string;
  readonly #seen: (canary: Canary) => Promise<boolean>;

  constructor(hop: string, seen: (canary: Canary) => Promise<boolean>) {
    this.#hop = hop;
    this.#seen = seen;
  }

  watch({ runId, operation }: Canary): Look {
    return async () => {
      let answer: unknown;
      try {
        answer = await this.#seen({ runId, operation });
      } catch (thrown) {
        throw new Fault("unreachable", `hop "${this.#hop}" cannot be asked: its seen() failed: ${redact(messageOf(thrown))}`, {
          fix: "let seen() resolve with false while it has seen nothing",
        });
      }
      if (typeof answer === "boolean") return answer;
      throw new Fault("usage", `seen() of hop "${this.#hop}" must resolve with true or false`, { received: typeof answer });
    };
  }

  async close(): Promise<void> {}
}
