import { homedir } from "node:os";
import { join } from "node:path";
import { calibrate } from "../src/calibration/calibrate.ts";
import { calibrationKey, CalibrationMemory } from "../src/calibration/memory.ts";
import { beyondReach, whyNotCalibrated } from "../src/calibration/reach.ts";
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

/** What the generator can do on this machine with these settings: remembered, or tried now. Never rejects: trouble is a warning. */
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
  if (remembered !== null) return { calibration: remembered, trouble: null };
  say("calibrating the generator: what it can do against a server that does nothing");
  const calibration = await calibrate({ plan, operations, setup, signal });
  try {
    memory.keep(key, calibration);
    return { calibration, trouble: null };
  } catch (thrown) {
    return {
      calibration,
      trouble: `the calibration cannot be remembered, so the next run takes its time again: ${messageOf(thrown)}`,
    };
  }
}

/** Where the XDG base directory specification has caches. */
function memoryPath(environment: NodeJS.ProcessEnv): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "peakproof", "calibration.json");
}
