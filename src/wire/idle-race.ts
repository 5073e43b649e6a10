/** The race of RFC 9112, section 9.3.1: a server closes an idle connection while our next request is on its way to it. */

/** How a connection ends that the server closed before our request arrived. */
const closingCodes = new Set(["EOF", "ECONNRESET", "EPIPE"]);

/**
 * Longest from sending a request to hearing that the server had closed: the FIN was under way then, or a reset comes back, which is a
 * round trip at most. 100 ms, a guess, is one across a continent, with a late turn of our loop. A server that took the request and
 * dropped it has mostly worked on it for longer.
 */
const raceUs = 100_000;

/** Whether a reused connection, lost so long after a request was sent on it, had most likely been closed while it was idle. */
export function wasClosedIdle(code: string, sinceSentUs: number): boolean {
  return sinceSentUs <= raceUs && closingCodes.has(code);
}
