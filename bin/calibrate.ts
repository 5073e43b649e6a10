import { homedir } from "node:os";
import { join } from "node:path";
import { calibrate } from "../src/calibration/calibrate.ts";
import { calibrationKey, CalibrationMemory } from "../src/calibration/memory.ts";
import { beyondReach, reaches, whyNotCalibrated } from "../src/calibration/reach.ts";
import { soloOperations } from "../src/calibration/trial-plan.ts";
import { messageOf } from "../src/model/fault.ts";
import type { Calibration, MachineFacts } from "../src/model/run.ts";
import type { Prepared } from "./preflight.ts";

/** What is known of the generator before the load, and what should be said about it. */
export interface Calibrated {
  /** Null where it could not be tried. */
  readonly calibration: Calibration | null;
  readonly warnings: readonly string[];
}

/** False where the environment says `PEAKPROOF_CALIBRATION=off`, as a machine that is never quiet will. */
export function calibrationWanted(environment: NodeJS.ProcessEnv): boolean {
  return environment["PEAKPROOF_CALIBRATION"] !== "off";
}

/**
 * What the generator can do on this machine with these settings: remembered, or tried now. What is remembered may be of a busy moment, so
 * that it is tried again where it falls short of the plan, and the better of the two is kept. Never rejects: trouble is a warning.
 */
export async function calibrateGenerator(
  prepared: Prepared,
  setup: unknown,
  machine: MachineFacts,
  options: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<Calibrated> {
  const because = whyNotCalibrated(prepared.plan);
  if (because !== null) return { calibration: null, warnings: [`the generator was not calibrated: ${because}`] };
  try {
    const { calibration, trouble } = await rememberedOrTried(prepared, setup, machine, options);
    const beyond = beyondReach(prepared.plan, calibration, machine.cores);
    return { calibration, warnings: [trouble, beyond].filter((text) => text !== null) };
  } catch (thrown) {
    if (options.signal.aborted) return { calibration: null, warnings: [] };
    return { calibration: null, warnings: [`the generator could not be calibrated: ${messageOf(thrown)}`] };
  }
}

interface Tried {
  readonly calibration: Calibration;
  /** Why it cannot be remembered; null where it is. */
  readonly trouble: string | null;
}

async function rememberedOrTried(
  { plan, scenario }: Prepared,
  setup: unknown,
  machine: MachineFacts,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<Tried> {
  const { operations, meanBytes } = soloOperations(plan, scenario.input, setup);
  if (Number.isNaN(meanBytes)) throw new Error("no request can be made without what a journey carries to it");
  const memory = new CalibrationMemory(memoryPath(process.env), Date.now);
  const key = calibrationKey(machine, plan, meanBytes);
  const remembered = memory.recall(key);
  if (remembered !== null && reaches(plan, remembered)) return { calibration: remembered, trouble: null };
  const why = remembered === null ? "" : " again, since it is remembered with less than the highest step asks for";
  say(`calibrating the generator${why}: what it can do against a server that does nothing`);
  const tried = await calibrate({ plan, operations, setup, signal }).catch((thrown: unknown) => {
    if (remembered === null || signal.aborted) throw thrown;
    return remembered;
  });
  const calibration = remembered !== null && remembered.cleanRatePerSec >= tried.cleanRatePerSec ? remembered : tried;
  return { calibration, trouble: keptIn(memory, key, calibration) };
}

/** Null where it is remembered from now on, else why it cannot be. */
function keptIn(memory: CalibrationMemory, key: string, calibration: Calibration): string | null {
  try {
    memory.keep(key, calibration);
    return null;
  } catch (thrown) {
    return `the calibration cannot be remembered, so the next run takes its time again: ${messageOf(thrown)}`;
  }
}

/** Where the XDG base directory specification has caches. */
function memoryPath(environment: NodeJS.ProcessEnv): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "peakproof", "calibration.json");
}
