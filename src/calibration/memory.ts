import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { RunPlan } from "../model/plan.ts";
import type { Calibration, MachineFacts } from "../model/run.ts";
import { writeJson } from "../record/files.ts";
import { version } from "../version.ts";
import { nullKindOf } from "./messages.ts";

const schema = "peakproof.calibration/1";

/** A machine changes in a month: its kernel, its neighbours, what else it has to do. */
const validDays = 30;
/** Settings that are remembered at once; the oldest are forgotten. */
const entriesMost = 200;

type Entries = Readonly<Record<string, Calibration>>;

/**
 * What decides how much a generator can do: what calibrations are remembered by. The scenario by its hash, since what it does to make a
 * request is part of the cost; requests of about the same size cost the same.
 */
export function calibrationKey(
  { cpuModel, cores, node }: Pick<MachineFacts, "cpuModel" | "cores" | "node">,
  plan: Pick<RunPlan, "workers" | "precision" | "connections" | "scenario" | "targets">,
  meanBytes: number,
): string {
  const size = `${2 ** Math.ceil(Math.log2(Math.max(64, meanBytes)))} bytes`;
  const { workers, precision, connections, scenario } = plan;
  const { protocol, tls } = nullKindOf(plan);
  const trust = connections.tls.verify ? "verified" : "unverified";
  const way = [protocol, `tls ${tls === "none" ? tls : `${tls} ${trust}`}`, connections.policy];
  const settings = [`${workers} x ${precision}`, ...way, size, scenario.name, scenario.hash];
  return [cpuModel, cores, node, version, ...settings].join(" | ");
}

/** Calibrations of earlier runs, in one file. A file that cannot be read, or is no such file, remembers nothing. */
export class CalibrationMemory {
  readonly #path: string;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  /** Null where there is none, or none that still counts. */
  recall(key: string): Calibration | null {
    return this.#entries()[key] ?? null;
  }

  /** Throws where the file cannot be written. */
  keep(key: string, calibration: Calibration): void {
    const entries = Object.entries({ ...this.#entries(), [key]: calibration })
      .toSorted(([, a], [, b]) => Date.parse(b.measuredAt) - Date.parse(a.measuredAt))
      .slice(0, entriesMost);
    mkdirSync(dirname(this.#path), { recursive: true });
    writeJson(this.#path, { schema, entries: Object.fromEntries(entries) });
  }

  #entries(): Entries {
    const nowMs = this.#now();
    const isValid = ([, calibration]: [string, unknown]): boolean => isCalibration(calibration) && isRecent(calibration, nowMs);
    try {
      const file = JSON.parse(readFileSync(this.#path, "utf8")) as { schema?: unknown; entries?: unknown } | null;
      if (file?.schema !== schema || typeof file.entries !== "object" || file.entries === null) return {};
      return Object.fromEntries(Object.entries(file.entries).filter(isValid));
    } catch {
      return {};
    }
  }
}

function isCalibration(value: unknown): value is Calibration {
  if (typeof value !== "object" || value === null) return false;
  const { cleanRatePerSec, cpuUsPerRequest, measuredAt } = value as Record<keyof Calibration, unknown>;
  return isPositive(cleanRatePerSec) && isPositive(cpuUsPerRequest) && typeof measuredAt === "string";
}

/** Whether it was measured within the last days. One of the future is of a clock that was wrong then, or is now. */
function isRecent({ measuredAt }: Calibration, nowMs: number): boolean {
  const ageMs = nowMs - Date.parse(measuredAt);
  return ageMs >= 0 && ageMs <= validDays * 24 * 3_600_000;
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0 && Number.isFinite(value);
}
