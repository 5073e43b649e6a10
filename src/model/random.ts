/**
 * Counter-based random numbers: a pure function of (seed, stream, index), so that any worker, and cleanup years later,
 * derives the same arrival, user or body with no state. The mixing is MurmurHash3's 32-bit body and finaliser
 * (Austin Appleby, public domain), which passes the usual avalanche tests and costs a few nanoseconds.
 */

/** Independent streams: two draws for one index never share one of these. */
export const streams = {
  arrival: 1,
  operation: 2,
  user: 3,
  request: 4,
  trace: 5,
  spread: 6,
  think: 7,
  retry: 8,
  target: 9,
  readBack: 10,
} as const;

function absorb(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

function finalise(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * A 32-bit unsigned integer from two 32-bit words and an index of up to 53 bits. The index's high word is mixed in only where it has
 * one (a journey's later requests, numbered n + step x 2^32), so that what was drawn before there were any is drawn again.
 */
export function mix(seed: number, stream: number, index: number): number {
  const hash = absorb(absorb(absorb(0x9747b28c, seed), stream), index);
  return finalise(index > 0xffff_ffff ? absorb(hash, Math.floor(index / 0x1_0000_0000)) : hash);
}

/** A number in [0, 1) with 32 bits of resolution. */
export function unit(seed: number, stream: number, index: number): number {
  return mix(seed, stream, index) / 0x1_0000_0000;
}

/** A 32-bit seed out of any text, for naming streams and shards. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = absorb(hash, text.charCodeAt(at));
  return finalise(hash);
}
