import type { RequestSample } from "../model/sample.ts";
import type { Carried } from "../model/scenario.ts";
import { makeValueRedactor, redact, secretsNamedIn } from "../safety/redact.ts";
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
/** Longest reply text looked at for what its journey carries, which may be long itself: more than a head can hold. A guess. */
const searchedCharactersMax = 16_000;

/** A good request that is among the slowest, and what its journey carried on from it: written down when its step is over. */
interface Slow {
  readonly flight: Flight;
  readonly carried: Carried | null;
}

/** The slowest good requests of a step, slowest first. */
interface SlowestOfStep {
  readonly step: number;
  readonly slow: Slow[];
}

/** Decides which requests are worth keeping as examples, and keeps them. */
export class SampleBook {
  readonly #perKey = new Map<string, number>();
  readonly #names: readonly string[];
  readonly #emit: (sample: RequestSample) => void;
  /** Of steps that have not ended: the last requests of one may be under way when the next has begun. */
  #slowest: SlowestOfStep[] = [];

  /** `names` are those of the operations. */
  constructor(names: readonly string[], emit: (sample: RequestSample) => void) {
    this.#names = names;
    this.#emit = emit;
  }

  /** Looks at a request that was judged. Warm-up is no example of anything. */
  see(flight: Flight): void {
    if (flight.purpose === "warmup") return;
    if (flight.errorKey !== null) return this.#error(flight.errorKey, flight);
    const { slow } = this.#slowestOf(flight.step);
    if (slow.length < slowestPerStep || responseUsOf(flight) > responseUsOf(slow.at(-1)?.flight)) this.#keep(slow, flight);
  }

  /** Emits the slowest requests of a step, and of what was before it, and forgets them. */
  endStep(ended: number): void {
    for (const { step, slow } of this.#slowest) {
      if (step <= ended) for (const { flight, carried } of slow) this.#emit(this.#sampleOf(flight, "slow", carried));
    }
    this.#slowest = this.#slowest.filter(({ step }) => step > ended);
  }

  #error(key: string, flight: Flight): void {
    const seen = this.#perKey.get(key) ?? (this.#perKey.size < errorKeysMax ? 0 : perErrorKey);
    if (seen >= perErrorKey) return;
    this.#perKey.set(key, seen + 1);
    this.#emit(this.#sampleOf(flight, "error", flight.session?.carried ?? null));
  }

  #slowestOf(step: number): SlowestOfStep {
    for (const slowest of this.#slowest) if (slowest.step === step) return slowest;
    const slowest = { step, slow: [] };
    this.#slowest.push(slowest);
    return slowest;
  }

  #keep(slow: Slow[], flight: Flight): void {
    slow.push({ flight, carried: flight.session?.carried ?? null });
    slow.sort((a, b) => responseUsOf(b.flight) - responseUsOf(a.flight));
    slow.length = Math.min(slow.length, slowestPerStep);
  }

  /** `carried`: what was carried on from it. */
  #sampleOf(flight: Flight, why: RequestSample["why"], carried: Carried | null): RequestSample {
    // What its own request was made of may not have been carried any further.
    const withoutCarried = makeValueRedactor([
      carried,
      flight.carried,
      flight.session?.cookies?.values,
      secretsNamedIn(flight.request),
    ]);
    return {
      t: Math.round(flight.doneUs),
      why,
      key: flight.errorKey,
      step: flight.step,
      operation: this.#names[flight.operation] ?? "?",
      request: redact(withoutCarried(`${flight.built.method} ${flight.built.path}`)),
      status: flight.status === 0 ? null : flight.status,
      responseUs: flight.responseUs === undefined ? null : Math.round(flight.responseUs),
      traceId: flight.built.traceId,
      reply: shortened(withoutCarried(bodyText(flight, searchedCharactersMax))),
    };
  }
}

/** Cut twice: what is redacted must not be cut before, and a long text is not worth redacting. */
function shortened(reply: string): string {
  return redact(reply.slice(0, 2 * replyCharactersMax)).slice(0, replyCharactersMax);
}

function responseUsOf(flight: Flight | undefined): number {
  return flight?.responseUs ?? 0;
}
