import type { RequestSample } from "../model/sample.ts";

/** How many replies of one error key are kept: enough to see what they have in common. */
const perErrorKey = 5;
/** Error keys that get samples; a hostile target could invent them without end. */
const errorKeysMax = 50;
/** Slowest good requests kept per step and worker. */
const slowestPerStep = 3;
/** Longest reply text kept, characters. */
export const replyCharactersMax = 1_000;

/** Decides which requests are worth keeping as examples. */
export class SampleBook {
  readonly #perKey = new Map<string, number>();
  readonly #emit: (sample: RequestSample) => void;
  #slowest: RequestSample[] = [];

  constructor(emit: (sample: RequestSample) => void) {
    this.#emit = emit;
  }

  /** Whether an example of this error key is still wanted. */
  wantsError(key: string): boolean {
    return (this.#perKey.get(key) ?? (this.#perKey.size < errorKeysMax ? 0 : perErrorKey)) < perErrorKey;
  }

  error(key: string, sample: RequestSample): void {
    this.#perKey.set(key, (this.#perKey.get(key) ?? 0) + 1);
    this.#emit(sample);
  }

  /** Whether a good request of this duration would be among the slowest of the step. */
  wantsSlow(responseUs: number): boolean {
    return this.#slowest.length < slowestPerStep || responseUs > (this.#slowest.at(-1)?.responseUs ?? 0);
  }

  slow(sample: RequestSample): void {
    this.#slowest.push(sample);
    this.#slowest.sort((a, b) => (b.responseUs ?? 0) - (a.responseUs ?? 0));
    this.#slowest.length = Math.min(this.#slowest.length, slowestPerStep);
  }

  /** Emits the slowest requests of a step and forgets them. */
  endStep(): void {
    for (const sample of this.#slowest) this.#emit(sample);
    this.#slowest = [];
  }
}
