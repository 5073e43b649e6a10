import { resolveToken } from "../cleanup/index.ts";
import { countOf } from "../src/model/units.ts";
import { checkFirstRequests } from "../src/load/first-requests.ts";
import type { RunPlan, ScheduleTotals } from "../src/model/plan.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import { checkTarget } from "../src/safety/allow.ts";
import { checkLimits } from "../src/safety/limits.ts";
import { loadScenario, type Scenario } from "../src/scenario/load.ts";
import { makePlan, type PlanOverrides } from "../src/scenario/plan.ts";
import { version } from "../src/version.ts";

/** A run that has been checked and not yet begun. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly plan: RunPlan;
  readonly totals: ScheduleTotals;
  /** What cleanup will say to the target; null where nothing is cleaned over HTTP. */
  readonly token: string | null;
}

/**
 * Loads a scenario and checks everything that can be checked without sending a request. Throws a Fault that names every fault of
 * one kind at once.
 */
export async function preflight(path: string, overrides: PlanOverrides, allow: readonly string[]): Promise<Prepared> {
  const scenario = await loadScenario(path, overrides.variables === undefined ? {} : { variables: overrides.variables });
  const plan = makePlan(scenario, overrides);
  checkFirstRequests(scenario.input, plan);
  await checkTarget(plan.target, plan.admin, allow);
  const totals = walkSchedule(plan);
  checkLimits(plan, totals);
  return { scenario, plan, totals, token: resolveToken({ plan }, process.env) };
}

/** Whether a run writes anything that must be removed again. */
export function writesAnything(plan: RunPlan, totals: ScheduleTotals): boolean {
  return totals.writes > 0 || plan.prepare !== null;
}

/** What `--plan` says: rates, totals, writes, the size of the record. Nothing is sent. */
export function describePlan({ plan, totals }: Prepared): string {
  const seconds = plan.steps.reduce((sum, step) => sum + step.holdUs, 0) / 1_000_000;
  const lines = [
    `peakproof ${version}: ${plan.scenario.name} -> ${plan.target}`,
    `  seed ${plan.seed}, schedule ${totals.hash}, ${plan.pace} arrivals, ${countOf(plan.workers, "worker")}, at most ${countOf(plan.connections.max, "connection")}`,
    "",
    "  step      multiple       rate      hold    requests",
    ...plan.steps.map((step, at) =>
      [
        `  ${step.role.padEnd(8)}`,
        `${step.multiple}x`.padStart(9),
        `${step.ratePerSec}/s`.padStart(12),
        `${step.holdUs / 1_000_000} s`.padStart(9),
        String(totals.perStep[at] ?? 0).padStart(11),
      ].join(" "),
    ),
    "",
    `  total     ${countOf(totals.requests, "request")} in ${Math.round(seconds)} s and what draining takes; ${countOf(totals.writes, "write")}${prepareText(plan)}`,
    ...plan.operations.map(
      ({ name, kind }) => `  ${name.padEnd(12)} ${kind.padEnd(6)} ${countOf(totals.perOperation[name] ?? 0, "request")}`,
    ),
    ...Object.entries(plan.thirdParties).map(([name, party]) => thirdPartyText(name, party, plan)),
    `  record    about ${Math.ceil(recordBytes(plan, totals, seconds) / 1_000_000)} MB`,
    `  cleanup   ${cleanupText(plan)}`,
    "",
    "  Nothing was sent.",
  ];
  return lines.join("\n");
}

function prepareText(plan: RunPlan): string {
  return plan.prepare === null ? "" : `, and ${countOf(plan.prepare.count, "row")} prepared by "${plan.prepare.create}"`;
}

function thirdPartyText(name: string, { callsPer, limitPerSec, notice }: RunPlan["thirdParties"][string], plan: RunPlan): string {
  const weights = plan.operations.reduce((sum, operation) => sum + operation.weight, 0);
  const callsPerRequest = plan.operations.reduce(
    (sum, { name: operation, weight }) => sum + (weight / weights) * (callsPer[operation] ?? 0),
    0,
  );
  const top = Math.max(...plan.steps.map((step) => step.ratePerSec)) * callsPerRequest;
  return `  ${name.padEnd(12)} third party: up to ${Math.round(top)} calls/s of ${limitPerSec}/s agreed (${notice})`;
}

/** Two journal lines a write, 400 bytes of series and some 60 vitals of 90 bytes a second, histograms of some 4 kB each. */
function recordBytes(plan: RunPlan, totals: ScheduleTotals, seconds: number): number {
  const writes = totals.writes + (plan.prepare?.count ?? 0);
  return writes * 190 + seconds * (400 + 60 * 90 + 1_000) + plan.steps.length * plan.operations.length * 4 * 4_000;
}

function cleanupText(plan: RunPlan): string {
  if (plan.cleanup === null) return "nothing is written";
  return plan.cleanup.http === undefined ? `none: ${plan.cleanup.none}` : `DELETE ${plan.admin}${plan.cleanup.http.path}`;
}
