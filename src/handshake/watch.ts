/** Watches all hops of one canary side by side. */
import { setTimeout as wait } from "node:timers/promises";
import { Fault } from "../model/fault.ts";
import { formatUs } from "../model/units.ts";
import type { Look } from "./observer.ts";

/** Pauses between looks, milliseconds: quick at first, since most hops are passed within one; the last one is kept to. */
const pausesMs = [2, 5, 10, 20, 50, 100] as const;

/** What a look that began in time may take beyond it: one cut short would say that the hop cannot be asked. A guess. */
const lastLookUs = 1_000_000;

/** One hop's look at one canary. */
export interface Watched {
  readonly hop: string;
  readonly look: Look;
}

/** What came of watching a hop. */
export interface Sighting {
  readonly hop: string;
  /** Microseconds from the first byte of the canary's writes to its sighting, as far as the looks can tell; null: not seen in time. */
  readonly afterUs: number | null;
}

export interface WatchOptions {
  readonly withinUs: number;
  readonly signal: AbortSignal;
  readonly nowUs: () => number;
}

/**
 * Looks at every hop before its canary is sent: one that cannot be asked says so before anything is written, and one that sees what is
 * not there yet would see anything. Twice, since asking one hop may leave a trace at another, which is no proof either. Rejects with
 * a Fault, or with the signal's reason.
 */
export async function lookBefore(watched: readonly Watched[], options: WatchOptions): Promise<void> {
  for (let round = 1; round <= 2; round++) {
    await Promise.all(
      watched.map(async ({ hop, look }) => {
        if (await once(hop, look, options)) throw blind(hop);
      }),
    );
  }
}

/** Rejects with the Fault of a hop that could not be asked to the end, or with the signal's reason. */
export async function watchHops(watched: readonly Watched[], sentUs: number, options: WatchOptions): Promise<Sighting[]> {
  return Promise.all(
    watched.map(async ({ hop, look }) => {
      const seenUs = await watchHop(hop, look, options);
      return { hop, afterUs: seenUs === null ? null : Math.round(seenUs - sentUs) };
    }),
  );
}

/** When it was seen; null where it was not. */
async function watchHop(hop: string, look: Look, options: WatchOptions): Promise<number | null> {
  const { withinUs, signal, nowUs } = options;
  const endUs = nowUs() + withinUs;
  let trouble: Fault | null = null;
  for (let tries = 0; ; tries++) {
    const leftUs = endUs - nowUs();
    if (leftUs <= 0) break;
    try {
      if (await once(hop, look, { ...options, withinUs: Math.max(leftUs, lastLookUs) })) return nowUs();
      trouble = null;
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.kind !== "unreachable") throw thrown;
      trouble = thrown;
    }
    const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0;
    await wait(Math.min(pauseMs, Math.max(0, (endUs - nowUs()) / 1_000)), undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
  if (trouble !== null) throw trouble;
  return null;
}

/** One look, ended by us where it takes too long or nobody wants it any more. */
async function once(hop: string, look: Look, { withinUs, signal }: WatchOptions): Promise<boolean> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(withinUs / 1_000)));
  const either = AbortSignal.any([signal, timeout]);
  const ended = new Promise<never>((_, reject) => {
    either.addEventListener("abort", () => reject(signal.aborted ? signal.reason : unanswered(hop, withinUs)), { once: true });
  });
  try {
    return await Promise.race([look(either), ended]);
  } catch (thrown) {
    // What a look makes of its own end is no better than ours.
    signal.throwIfAborted();
    throw timeout.aborted ? unanswered(hop, withinUs) : thrown;
  }
}

function unanswered(hop: string, withinUs: number): Fault {
  return new Fault("unreachable", `hop "${hop}" cannot be asked: no answer within ${formatUs(withinUs)}`, {
    fix: "check that what is looked at there is up; handshake.within says how long to wait",
  });
}

function blind(hop: string): Fault {
  return new Fault("usage", `hop "${hop}" claims to have seen a canary that was not sent yet, so it would prove nothing`, {
    expected: "a look that finds the run id only where the write has left it",
    fix: 'http: name the field of the reply that counts ("rows.store"), since many replies repeat the run id of their address; log: a pattern of the write\'s own line',
  });
}
