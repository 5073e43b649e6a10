/** What a calibration means for a run that has not begun. */
import type { RunPlan } from "../model/plan.ts";
import type { Calibration } from "../model/run.ts";
import { countOf, formatCount } from "../model/units.ts";

/** Why a run's generator cannot be tried against a null server, as a clause; null where it can. */
export function whyNotCalibrated({ connections }: Pick<RunPlan, "connections">): string | null {
  return connections.proxy === null ? null : "the null server stands behind no proxy";
}

/** Whether the generator can do what the highest step asks for. */
export function reaches(plan: Pick<RunPlan, "steps">, { cleanRatePerSec }: Calibration): boolean {
  return topRate(plan) <= cleanRatePerSec;
}

function topRate({ steps }: Pick<RunPlan, "steps">): number {
  return Math.max(...steps.map((step) => step.ratePerSec));
}

/** That the highest step asks for more than the generator can do, and what to do about it; null where it does not. */
export function beyondReach(
  { steps, workers }: Pick<RunPlan, "steps" | "workers">,
  calibration: Calibration,
  cores: number,
): string | null {
  if (reaches({ steps }, calibration)) return null;
  const { cleanRatePerSec } = calibration;
  const topRatePerSec = topRate({ steps });
  const needed = Math.ceil((topRatePerSec * workers) / cleanRatePerSec);
  const advice =
    needed <= cores
      ? `--workers ${needed}`
      : `a machine with more cores, or several, since this one has ${countOf(cores, "core")}`;
  return (
    `the highest step asks for ${formatCount(topRatePerSec)}/s; by itself this generator manages ${formatCount(cleanRatePerSec)}/s ` +
    `with ${countOf(workers, "load thread")}: ${advice}`
  );
}
