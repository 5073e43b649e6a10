/**
 * Sweeps runs that share a baseline, as a handshake's canaries do. Each begins as soon as the one before has removed what it found, and
 * none is looked at for the last time before all have: what they raised together (a counter) is no row of others then. Rejects as `sweep`
 * does, once all have ended.
 */
export async function sweepTogether<Run, Swept>(
  runs: readonly Run[],
  sweep: (run: Run, together: () => Promise<void>) => Promise<Swept>,
): Promise<Swept[]> {
  const all = Promise.withResolvers<void>();
  const sweeps: Promise<Swept>[] = [];
  for (const run of runs) {
    const own = Promise.withResolvers<void>();
    const swept = sweep(run, () => {
      own.resolve();
      return all.promise;
    });
    sweeps.push(swept);
    await Promise.race([own.promise, Promise.allSettled([swept])]);
  }
  all.resolve();
  await Promise.allSettled(sweeps);
  return await Promise.all(sweeps);
}
