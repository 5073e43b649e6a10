import type { RequestSample } from "../model/sample.ts";
import { redact } from "../safety/redact.ts";
import type { Flight } from "./flight.ts";
import { bodyText } from "./reply.ts";

/** How many replies of one error key are kept: enough to see what they have in common. */
const perErrorKey = 5;
/** Error keys that get samples; a hostile target could invent them without end. */
const errorKeysMax = 50;
/** Slowest good requests kept per step and worker. */
const slowestPerStep = 3;
/** Longest reply text kept, characters. */
const replyCharactersMax = 1_000;

/** Decides which requests are worth keeping as examples, and keeps them. */
export class SampleBook {
  readonly #perKey = new Map<string, number>();
  readonly #names: readonly string[];
  readonly #emit: (sample: RequestSample) => void;
  #slowest: RequestSample[] = [];

  /** `names` are those of the operations. */
  constructor(names: readonly string[], emit: (sample: RequestSample) => void) {
    this.#names = names;
    this.#emit = emit;
  }

  /** Looks at a request that was judged. Warm-up is no example of anything. */
  see(flight: Flight): void {
    if (flight.purpose === "warmup") return;
    if (flight.errorKey !== null) this.#error(flight.errorKey, flight);
    else if (this.#isSlow(flight.responseUs ?? 0)) this.#slow(flight);
  }

  /** Emits the slowest requests of a step and forgets them. */
  endStep(): void {
    for (const sample of this.#slowest) this.#emit(sample);
    this.#slowest = [];
  }

  #error(key: string, flight: Flight): void {
    const seen = this.#perKey.get(key) ?? (this.#perKey.size < errorKeysMax ? 0 : perErrorKey);
    if (seen >= perErrorKey) return;
    this.#perKey.set(key, seen + 1);
    this.#emit(this.#sampleOf(flight, "error"));
  }

  /** Whether a good request of this duration would be among the slowest of the step. */
  #isSlow(responseUs: number): boolean {
    return this.#slowest.length < slowestPerStep || responseUs > (this.#slowest.at(-1)?.responseUs ?? 0);
  }

  #slow(flight: Flight): void {
    this.#slowest.push(this.#sampleOf(flight, "slow"));
    this.#slowest.sort((a, b) => (b.responseUs ?? 0) - (a.responseUs ?? 0));
    this.#slowest.length = Math.min(this.#slowest.length, slowestPerStep);
  }

  #sampleOf(flight: Flight, why: RequestSample["why"]): RequestSample {
    return {
      t: Math.round(flight.doneUs),
      why,
      key: flight.errorKey,
      step: flight.step,
      operation: this.#names[flight.operation] ?? "?",
      request: redact(`${flight.built.method} ${flight.built.path}`),
      status: flight.status === 0 ? null : flight.status,
      responseUs: flight.responseUs === undefined ? null : Math.round(flight.responseUs),
      traceId: flight.built.traceId,
      // Cut twice: what is redacted must not be cut before, and a long text is not worth redacting.
      reply: redact(bodyText(flight, 2 * replyCharactersMax)).slice(0, replyCharactersMax),
    };
  }
}
