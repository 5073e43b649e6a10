import { streams, mix, unit } from "../model/random.ts";
import type { RetryPolicy } from "../model/scenario.ts";
import { parseDurationUs } from "../model/units.ts";
import { headerOf } from "../wire/head.ts";

/** What a policy tries again where it does not say: a refusal, and a connection that broke before a reply began. */
const retriedByDefault = ["status:429", "status:503", "connect", "tls", "sent", "timeout"];
const defaults = { base: "100ms", max: "10s" } as const;
/** Most retries that may be saved up for a burst of them: a guess. gRPC lets 1,000 tokens be kept at most; Finagle forgets them after 10 s. */
const savedRetriesMax = 100;

/** Whether a policy waits for as long as a reply's `Retry-After` asks, so that the head must be kept. */
export function readsRetryAfter({ retryAfter = true }: RetryPolicy): boolean {
  return retryAfter;
}

/** What a policy must know of an attempt that has ended. Times are microseconds since the run's start. */
export interface EndedAttempt {
  readonly index: number;
  /** From 1. */
  readonly attempt: number;
  readonly errorKey: string | null;
  readonly doneUs: number;
  /** Head of the reply; empty where there is none. */
  readonly head: string;
}

/**
 * An operation's retry policy at work in one load thread. The budget is a token bucket: each first attempt earns `budget` tokens and
 * each retry costs one, so that retries stay below that share of the load whatever the target does (as in Finagle's `RetryBudget`, and
 * akin to the retry throttling of gRPC's proposal A6). It begins empty. Each thread has a bucket of its own for each operation.
 */
export class Retrier {
  /** How long one attempt may take; Infinity: as long as the request itself. */
  readonly attemptDeadlineUs: number;
  readonly #policy: RetryPolicy;
  readonly #on: ReadonlySet<string>;
  readonly #baseUs: number;
  readonly #maxUs: number;
  readonly #seed: number;
  readonly #readsRetryAfter: boolean;
  #tokens = 0;

  constructor(policy: RetryPolicy, seed: number) {
    this.#policy = policy;
    this.#seed = seed;
    this.#on = new Set(policy.on ?? retriedByDefault);
    this.#baseUs = parseDurationUs(policy.base ?? defaults.base) ?? 0;
    this.#maxUs = parseDurationUs(policy.max ?? defaults.max) ?? 0;
    this.#readsRetryAfter = readsRetryAfter(policy);
    const attemptUs = policy.attemptDeadline === undefined ? undefined : parseDurationUs(policy.attemptDeadline);
    this.attemptDeadlineUs = attemptUs ?? Number.POSITIVE_INFINITY;
  }

  /** A first attempt is made. */
  earn(): void {
    this.#tokens = Math.min(savedRetriesMax, this.#tokens + (this.#policy.budget ?? 0));
  }

  /** When the next attempt is due, which is before `deadlineUs`; 0 where there is to be none. `wallMs` is the time of day. */
  next(ended: EndedAttempt, deadlineUs: number, wallMs: number): number {
    const { attempt, errorKey, index } = ended;
    if (attempt >= this.#policy.attempts || errorKey === null || !this.#tries(errorKey)) return 0;
    const ownUs = this.#backoffUs(attempt, unit(mix(this.#seed, streams.retry, index), streams.retry, attempt));
    const askedUs = this.#readsRetryAfter && ended.head !== "" ? retryAfterUs(headerOf(ended.head, "retry-after"), wallMs) : 0;
    const atUs = ended.doneUs + Math.max(ownUs, askedUs);
    return atUs < deadlineUs && this.#pays() ? atUs : 0;
  }

  /** `connect:ECONNREFUSED` is tried again by its own name and by that of its phase. */
  #tries(errorKey: string): boolean {
    const colon = errorKey.indexOf(":");
    return this.#on.has(errorKey) || (colon > 0 && this.#on.has(errorKey.slice(0, colon)));
  }

  /**
   * The wait after the n-th attempt is c x (1 - jitter x u), with u drawn from [0, 1) and c = min(max, base x 2^(n - 1)) for
   * `exponential`. At jitter 1 this is the "full jitter" of Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015):
   * sleep = random_between(0, min(cap, base x 2 ** attempt)).
   */
  #backoffUs(attempt: number, draw: number): number {
    const { backoff = "exponential", jitter = 1 } = this.#policy;
    if (backoff === "none") return 0;
    const ceilingUs = backoff === "fixed" ? this.#baseUs : Math.min(this.#maxUs, this.#baseUs * 2 ** (attempt - 1));
    return ceilingUs * (1 - jitter * draw);
  }

  #pays(): boolean {
    if (this.#policy.budget === undefined) return true;
    // Ten times 0.1 is a little less than 1 in binary.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}

/**
 * What a `Retry-After` asks for (RFC 9110, section 10.2.3: seconds, or an instant as an HTTP-date), microseconds from `wallMs` on;
 * 0 where there is none that can be read.
 */
export function retryAfterUs(value: string | undefined, wallMs: number): number {
  if (value === undefined) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000_000;
  const atMs = value.endsWith("GMT") ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - wallMs) * 1_000;
}
