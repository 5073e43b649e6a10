import { cpus } from "node:os";

/** How busy this machine's processors are, over all of them. */
export class HostCpu {
  #before = timesMs();

  /** Share of the time since the last call, or since the beginning, in which they worked, 0 to 1. */
  share(): number {
    const now = timesMs();
    const totalMs = now.totalMs - this.#before.totalMs;
    const idleMs = now.idleMs - this.#before.idleMs;
    this.#before = now;
    return totalMs > 0 ? Math.max(0, 1 - idleMs / totalMs) : 0;
  }
}

function timesMs(): { readonly totalMs: number; readonly idleMs: number } {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { totalMs, idleMs };
}
