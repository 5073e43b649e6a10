import { monotonicUs } from "../measure/clock.ts";
import type { OperationPlan, RunPlan } from "../model/plan.ts";
import type { Calibration } from "../model/run.ts";
import { nullKindOf } from "./messages.ts";
import { NullTarget } from "./null-target.ts";
import { firstLevel, highestClean, rateOf } from "./search.ts";
import { TrialTeam, type Tried } from "./trial-team.ts";
import { trialPlan } from "./trial-plan.ts";

/** Schedule lag of a machine that only generates load. Diagnosis, class G. */
const lagMaxUs = 5_000;
/**
 * A rate that is kept leaves no more than this to be done when its hold is over; else requests were sent in time and only their replies
 * read late, here or by the null server. A tenth of the hold, a guess.
 */
const overrunMaxUs = 15_000;
/** Half a hold: the rate is too high by half, and not by a hiccup. */
const overrunHopelessUs = 75_000;
/** Tries of one rate. Guesses, like the passes before the first one that counts, in which the code is compiled. */
const triesMost = 3;
const warmUps = 2;
/** No rate is begun after this: one that is too high takes half a second to be over, and the whole is to take four at most. */
const searchUs = 3_200_000;
/** A machine that has not come to an end by then is short of more than time. */
const limitMs = 8_000;

export interface CalibrateOptions {
  readonly plan: RunPlan;
  /** The plan's operations as `soloOperations` has them. */
  readonly operations: readonly OperationPlan[];
  readonly setup: unknown;
  readonly signal: AbortSignal;
}

/**
 * Tries the generator against a null server (diagnosis P13; RFC 9971: "benchmark the test equipment first") and finds the highest rate
 * at which it keeps its schedule, in about four seconds. The server has its share of the same cores, so that an idle machine could do
 * more: a lower bound. Rejects where no rate was clean, or a part of it fails, or the signal is aborted.
 */
export async function calibrate({ plan, operations, setup, signal }: CalibrateOptions): Promise<Calibration> {
  const beganUs = monotonicUs();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  using target = await NullTarget.start(nullKindOf(plan), stop);
  await using team = new TrialTeam(trialPlan(plan, operations, target.origin), setup);
  const search = async (): Promise<Calibration> => {
    await team.ready();
    return cleanRate(team, plan.workers, () => !stop.aborted && monotonicUs() - beganUs < searchUs);
  };
  return await Promise.race([search(), rejection(stop)]);
}

async function cleanRate(team: TrialTeam, workers: number, hasTime: () => boolean): Promise<Calibration> {
  for (let pass = 0; pass < warmUps; pass++) await team.try(workers * rateOf(firstLevel));
  let best: Tried | null = null;
  const level = await highestClean(async (tried) => {
    const result = await bestTry(team, workers * rateOf(tried), hasTime);
    if (isClean(result)) best = result;
    return isClean(result);
  }, hasTime);
  if (level === null || best === null) throw new Error("at no rate did it keep its schedule");
  const { cpuUsPerRequest }: Tried = best;
  return {
    cleanRatePerSec: Math.floor(workers * rateOf(level)),
    cpuUsPerRequest: Number(cpuUsPerRequest.toPrecision(3)),
    measuredAt: new Date().toISOString(),
  };
}

/** The first clean try at a rate, or the last: a hiccup of the machine is no limit of the generator, unless it is hopelessly late. */
async function bestTry(team: TrialTeam, ratePerSec: number, hasTime: () => boolean): Promise<Tried> {
  let result = await team.try(ratePerSec);
  for (let again = 1; again < triesMost && !isClean(result) && !isHopeless(result) && hasTime(); again++)
    result = await team.try(ratePerSec);
  return result;
}

function isClean({ lagP99Us, overrunUs, due, done }: Tried): boolean {
  return due > 0 && done === due && lagP99Us <= lagMaxUs && overrunUs <= overrunMaxUs;
}

function isHopeless({ overrunUs }: Tried): boolean {
  return overrunUs > overrunHopelessUs;
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
