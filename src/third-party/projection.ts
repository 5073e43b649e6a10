/** What a plan would send to third parties, and whether they have agreed to it. Pure: judged before the first request. */
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ThirdParty } from "../model/safety-rules.ts";
import { formatCount } from "../model/units.ts";
import { attemptsEach, perArrival, replaysEach, type Retries } from "../safety/worst-case.ts";

/** One third party at one multiple. */
export interface ProjectedCalls {
  readonly party: string;
  readonly multiple: number;
  /** Arrivals per second of the load. */
  readonly ratePerSec: number;
  readonly callsPerSec: number;
  readonly limitPerSec: number;
  readonly over: boolean;
}

type ProjectedPlan = Pick<RunPlan, "writes" | "operations" | "journeys" | "steps" | "thirdParties" | "peakRatePerSec">;

/**
 * Calls per second of each third party at each multiple of a plan, lowest first: arrivals times the calls of a mean arrival, journeys
 * taken to their end and retries at their worst. A ramp counts at its higher end.
 */
export function projectCalls(plan: ProjectedPlan, retries: Retries): ProjectedCalls[] {
  const rates = new Set(plan.steps.map(({ ratePerSec, fromRatePerSec = 0 }) => Math.max(ratePerSec, fromRatePerSec)));
  return Object.entries(plan.thirdParties).flatMap(([party, rules]) => {
    const perEach = callsPerArrival(plan, rules, retries);
    return [...rates]
      .toSorted((a, b) => a - b)
      .map((ratePerSec) => {
        const callsPerSec = ratePerSec * perEach;
        const { limitPerSec } = rules;
        // The rate of a step is a product: a plan that is exactly at its limit must not be over it by a rounding.
        const over = !(callsPerSec <= limitPerSec * (1 + 1e-9));
        return { party, multiple: ratePerSec / plan.peakRatePerSec, ratePerSec, callsPerSec, limitPerSec, over };
      });
  });
}

/**
 * Refuses a plan that would take a third party over its contracted limit, or that nobody there was told of, unless the target calls a
 * stand-in of it. Throws Fault `safety` naming every one at once, at which multiple, the highest that fits, and what to write.
 */
export function refuseOverBudget(plan: ProjectedPlan & Pick<RunPlan, "prepare">, retries: Retries): void {
  const projected = projectCalls(plan, retries);
  const real = Object.entries(plan.thirdParties).filter(([, { stubbed }]) => stubbed !== true);
  const refusals = real.flatMap(([party, rules]) =>
    [
      overLimit(
        plan,
        rules,
        projected.filter((row) => row.party === party),
        callsPerArrival(plan, rules, retries),
      ),
      untold(party, rules),
      preparing(plan, party, rules),
    ].filter((refusal) => refusal !== null),
  );
  if (refusals.length === 0) return;
  throw new Fault("safety", refusals.map(({ sentence }) => sentence).join("; "), {
    expected: "no more calls to a third party than agreed, and a note of where it was told; or a stand-in in its place",
    fix: [...new Set([...refusals.map(({ fix }) => fix), standIn])].join("; "),
  });
}

/**
 * Refuses a closed loop of one operation, which goes as fast as the target answers, where that would call third parties that are not
 * stubbed. Throws Fault `safety`.
 */
export function refuseUnbounded({ thirdParties }: Pick<RunPlan, "thirdParties">, operation: string): void {
  const called = Object.entries(thirdParties)
    .filter(([, { callsPer, stubbed }]) => stubbed !== true && (callsPer[operation] ?? 0) > 0)
    .map(([party]) => party);
  if (called.length === 0) return;
  throw new Fault("safety", `a closed loop of ${operation} would call ${called.join(", ")} as fast as the target answers`, {
    expected: "an operation that calls no third party, or a stand-in in its place",
    fix: "--operation names another one; or have the target call a stand-in (peakproof stub) and write stubbed: true",
  });
}

interface Refusal {
  readonly sentence: string;
  readonly fix: string;
}

const standIn = "or have the target call a stand-in (peakproof stub) and write stubbed: true";

function overLimit(
  { peakRatePerSec }: ProjectedPlan,
  { limitPerSec }: ThirdParty,
  rows: readonly ProjectedCalls[],
  perEach: number,
): Refusal | null {
  const over = rows.filter((row) => row.over);
  const [first] = over;
  const top = over.at(-1);
  if (first === undefined || top === undefined) return null;
  const at = first === top ? "" : `, ${formatCount(top.callsPerSec)}/s at ${timesText(top.multiple)}`;
  const fits = Math.floor((limitPerSec / perEach / peakRatePerSec) * 100) / 100;
  return {
    sentence: `${first.party} would get ${formatCount(first.callsPerSec)} calls/s at ${timesText(first.multiple)}${at}, and has agreed to ${formatCount(limitPerSec)}/s`,
    fix:
      fits > 0
        ? `at most ${timesText(fits)} fits ${first.party}: lower the multiples or the peak`
        : `no multiple fits ${first.party}: lower the peak`,
  };
}

function untold(party: string, { notice }: ThirdParty): Refusal | null {
  if (notice !== undefined) return null;
  const sentence = `thirdParties.${party} does not say where ${party} was told of the test`;
  return { sentence, fix: `thirdParties: { ${party}: { notice: "ticket OPS-1234", ... } }` };
}

/** Preparing goes as fast as the target answers, so that no rate can be promised. */
function preparing({ prepare }: Pick<RunPlan, "prepare">, party: string, { callsPer }: ThirdParty): Refusal | null {
  if (prepare === null || !((callsPer[prepare.create] ?? 0) > 0)) return null;
  const sentence = `prepare would call ${party} ${formatCount(prepare.count * (callsPer[prepare.create] ?? 0))} times, as fast as the target answers`;
  return { sentence, fix: `prepare with an operation that does not call ${party}` };
}

function callsPerArrival(plan: ProjectedPlan, { callsPer }: ThirdParty, retries: Retries): number {
  return perArrival(plan, (operation) => {
    const { name } = operation;
    return (callsPer[name] ?? 0) * (attemptsEach(retries, name) + replaysEach(plan, operation));
  });
}

/** `3x`, `2.5x`. */
function timesText(multiple: number): string {
  return `${Number(multiple.toFixed(2))}x`;
}
