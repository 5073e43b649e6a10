/**
 * One clock for all threads of a run: microseconds on the machine's monotonic clock. `performance.now()` has another origin in
 * each thread and `hrtime` allocates, so each thread measures the distance once and then only adds.
 */
const originUs = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;

/** Microseconds since an arbitrary instant that is the same in every thread and process of this machine. */
export function monotonicUs(): number {
  return originUs + performance.now() * 1_000;
}
