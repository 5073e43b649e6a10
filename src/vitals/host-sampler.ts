/** The machine: busy and stolen share of all cores and of each, and CPU pressure. */
import { signals } from "../model/vitals.ts";
import { readText } from "./proc-files.ts";
import { parseCores, parsePressureUs, type CoreTimes } from "./procfs.ts";
import { readingsOf, shareOf, type Reading } from "./reading.ts";

/** Cores with a series of their own, lowest number first: beyond that only the host as a whole, so that the record stays small. */
export const maxCoreSeries = 64;

interface Seen {
  readonly atUs: number;
  readonly cores: ReadonlyMap<string, CoreTimes>;
  readonly pressureUs: number | null;
}

export class HostSampler {
  readonly #nowUs: () => number;
  #before: Seen | null = null;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** The first sample gives nothing: all figures are differences. */
  sample(): Reading[] {
    const now: Seen = {
      atUs: this.#nowUs(),
      cores: parseCores(readText("/proc/stat") ?? ""),
      pressureUs: parsePressureUs(readText("/proc/pressure/cpu") ?? ""),
    };
    const before = this.#before;
    this.#before = now;
    return before === null ? [] : [...coreReadings(before, now), ...pressureReading(before, now)];
  }
}

function coreReadings(before: Seen, now: Seen): Reading[] {
  return [...now.cores].slice(0, maxCoreSeries + 1).flatMap(([name, to]) => {
    const from = before.cores.get(name);
    // A core that was taken offline and back starts its counters again.
    if (from === undefined || to.total <= from.total) return [];
    const source = name === "cpu" ? "host" : `host/core-${name.slice(3)}`;
    const total = to.total - from.total;
    return readingsOf(source, {
      [signals.busyShare]: shareOf(to.busy - from.busy, total),
      [signals.stealShare]: shareOf(to.steal - from.steal, total),
    });
  });
}

function pressureReading(before: Seen, now: Seen): Reading[] {
  if (before.pressureUs === null || now.pressureUs === null) return [];
  const share = shareOf(now.pressureUs - before.pressureUs, now.atUs - before.atUs);
  // The kernel weighs the cores by how busy they were while it adds up, so a fully loaded second may come out a little long.
  return readingsOf("host", { [signals.cpuPressureShare]: Math.min(1, share) });
}
