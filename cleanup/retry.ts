/** Patience with a bound: a target that has just been at its limit may need a few seconds before it answers its admin port. */
import type { SweepClock } from "./clock.ts";
import { formatUs } from "../src/model/units.ts";
import { StoreFault } from "./store.ts";

/** Waits between attempts double from `firstUs` to at most `mostUs`, each halved at random so that cleaners do not march in step. */
export const backoff = { firstUs: 250_000, mostUs: 5_000_000 } as const;
/** Attempts per call: with the waits above about 8 s of patience besides the calls themselves. A guess. */
export const sweepAttempts = 6;
/** Attempts before a run starts: someone is waiting, and a closed port is most likely a wrong one. */
export const baselineAttempts = 3;
/** Longest `Retry-After` we sit out. Asked for more, we stop: coming back earlier than told would be no courtesy. */
export const longestRetryAfterUs = 30_000_000;

export interface RetryOptions {
  readonly attempts: number;
  readonly clock: SweepClock;
  readonly signal?: AbortSignal | undefined;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The wait after the given failed attempt (from 1): in [half, whole) of the doubling step. */
export function backoffUs(attempt: number, random: number): number {
  const stepUs = Math.min(backoff.mostUs, backoff.firstUs * 2 ** (attempt - 1));
  return (stepUs / 2) * (1 + random);
}

/** Calls until it succeeds, fails for good, or the attempts are used up; then throws the last StoreFault. */
export async function withRetries<Result>(call: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { attempts, clock, signal, random = Math.random } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof StoreFault) || !thrown.transient || signal?.aborted === true) throw thrown;
      if (attempt >= attempts) throw after(attempt, thrown);
      await clock.sleep(waitUs(thrown, attempt, random()), signal);
    }
  }
}

function waitUs(fault: StoreFault, attempt: number, random: number): number {
  const ownUs = backoffUs(attempt, random);
  if (fault.retryAfterUs === null) return ownUs;
  if (fault.retryAfterUs <= longestRetryAfterUs) return Math.max(ownUs, fault.retryAfterUs);
  throw new StoreFault(
    fault.kind,
    `${fault.message}, and asks us to wait ${formatUs(fault.retryAfterUs)}, more than the ${formatUs(longestRetryAfterUs)} we sit out`,
    { detail: { ...fault.detail, fix: "run peakproof cleanup again then" }, cause: fault },
  );
}

function after(attempts: number, fault: StoreFault): StoreFault {
  return new StoreFault(fault.kind, `${fault.message} (${attempts} attempts)`, { detail: fault.detail, cause: fault });
}
