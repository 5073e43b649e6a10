import { mix } from "../src/model/random.ts";

/**
 * Streams of random numbers of the generators. They begin at 100, so that none is ever one of the load's own (`streams` in
 * src/model/random.ts): who arrives when, and what they are called, must not depend on each other.
 */
export const draws = {
  identity: 100,
  surname: 101,
  givenName: 109,
  phone: 102,
  declaration: 103,
  temperature: 104,
  symptom: 105,
  travel: 106,
  checkin: 107,
  venueName: 108,
  feeder: 110,
} as const;

/** The entry that a 32-bit draw stands for. Throws RangeError on an empty list. */
export function pickFrom<Entry>(entries: readonly Entry[], draw: number): Entry {
  const entry = entries[Math.floor((draw / 0x1_0000_0000) * entries.length)];
  if (entry === undefined) throw new RangeError("there is nothing to pick from");
  return entry;
}

/**
 * A permutation of 0 ... size - 1 that differs from seed to seed: index times a prime, plus an offset, modulo size. No two
 * indexes below `size` meet, which is what keeps numbers unique that are shorter than a seed and an index together.
 */
export function permute(seed: number, stream: number, size: number, index: number): number {
  // The product stays below 2^53 for indexes up to 10^9; the prime divides no size in use.
  return ((index % size) * spreadingPrime + (mix(seed, stream, 0) % size)) % size;
}

/** The 500,000th prime. */
const spreadingPrime = 7_368_787;
