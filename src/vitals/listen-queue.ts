/** Connections that a full accept queue turned away, as the target's own network namespace counts them. */
import { signals } from "../model/vitals.ts";
import { readLink, readText } from "./proc-files.ts";
import { parseListenCounters, type ListenCounters } from "./procfs.ts";
import { readingsOf, type Reading } from "./reading.ts";

export class ListenQueueSampler {
  readonly #before = new Map<string, ListenCounters>();

  /**
   * Rise of ListenOverflows and ListenDrops since the last sample, summed over the namespaces that the processes live in
   * (`self` is ours); nothing where none has been read twice. The kernel counts per namespace: other servers in it count too.
   */
  sample(pids: readonly (number | "self")[]): Reading[] {
    let rise: ListenCounters | null = null;
    for (const [namespace, pid] of namespacesOf(pids)) {
      const now = parseListenCounters(readText(`/proc/${pid}/net/netstat`) ?? "");
      const before = this.#before.get(namespace);
      if (now === null) continue;
      this.#before.set(namespace, now);
      if (before !== undefined) rise = plusRise(rise, before, now);
    }
    if (rise === null) return [];
    return readingsOf("host", { [signals.listenOverflowsCount]: rise.overflows, [signals.listenDropsCount]: rise.drops });
  }
}

/** One process for each namespace. Those whose namespace we may not see are taken to share one: better than counting it twice. */
function namespacesOf(pids: readonly (number | "self")[]): Map<string, number | "self"> {
  return new Map(pids.map((pid) => [readLink(`/proc/${pid}/ns/net`) ?? "unknown", pid]));
}

function plusRise(sum: ListenCounters | null, before: ListenCounters, now: ListenCounters): ListenCounters {
  return {
    overflows: (sum?.overflows ?? 0) + Math.max(0, now.overflows - before.overflows),
    drops: (sum?.drops ?? 0) + Math.max(0, now.drops - before.drops),
  };
}
