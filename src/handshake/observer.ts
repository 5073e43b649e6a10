/** The seam between the handshake and the places where a tag must show up. A kind of place is one file; `hops.ts` knows them all. */

/** One write that is sent to be recognised. */
export interface Canary {
  /** Its own, so that what is seen can be nothing else's. */
  readonly runId: string;
  readonly operation: string;
}

/**
 * Whether a canary has been seen by now. Rejects with a Fault where the place cannot be asked: `unreachable` where the same question may
 * be answered a little later, any other kind where it will not. Whoever asks bounds how long it may take.
 */
export type Look = (signal: AbortSignal) => Promise<boolean>;

/** One place. Nothing is asked before the first look. */
export interface Observer {
  /** Begins to watch for a canary that has not been sent: what was there before does not count. Throws a Fault. */
  watch(canary: Canary): Look;
  /** Lets go of connections. */
  close(): Promise<void>;
}

/** A scenario's text with `{run}` filled in. A run id needs no escaping anywhere (`runIdPattern`). */
export function withRun(text: string, { runId }: Canary): string {
  return text.replaceAll("{run}", runId);
}
