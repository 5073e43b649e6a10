/** Distances measured to find the true one: a pause between the two readings, which a first call or a busy core makes, is rare. */
const tries = 20;

/**
 * One clock for all threads of a run: microseconds on the machine's monotonic clock. `performance.now()` has another origin in
 * each thread and `hrtime` allocates, so each thread measures the distance once and then only adds.
 */
const originUs = Math.max(...Array.from({ length: tries }, distanceUs));

/** Too small by whatever passes between the two readings, never too large. */
function distanceUs(): number {
  return Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;
}

/** Microseconds since an arbitrary instant that is the same in every thread and process of this machine. */
export function monotonicUs(): number {
  return originUs + performance.now() * 1_000;
}
