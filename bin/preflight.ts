import { resolveToken } from "../cleanup/index.ts";
import { checkFirstRequests } from "../src/load/first-requests.ts";
import { runSetup } from "../src/load/setup.ts";
import type { RunPlan, ScheduleTotals } from "../src/model/plan.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import { checkAllowed } from "../src/safety/allow.ts";
import { checkLimits } from "../src/safety/limits.ts";
import { keepSecret } from "../src/safety/redact.ts";
import { loadScenario, type Scenario } from "../src/scenario/load.ts";
import type { PlanOverrides } from "../src/scenario/overrides.ts";
import { makePlan } from "../src/scenario/plan.ts";
import { checkNetwork } from "../src/wire/transport.ts";

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
  if (scenario.input.setup === undefined) checkFirstRequests(scenario.input, plan, undefined);
  await checkAllowed(plan, allow);
  for (const origin of new Set([...plan.targets, plan.admin])) checkNetwork(origin, plan.connections);
  const totals = walkSchedule(plan);
  checkLimits(plan, totals, scenario.input.operations);
  return { scenario, plan, totals, token: resolveToken({ plan }, process.env) };
}

/** Whether a run may write anything that must be removed again; what a `setup` does, only its author knows. */
export function writesAnything({ scenario, plan, totals }: Prepared): boolean {
  return totals.writes > 0 || plan.prepare !== null || scenario.input.setup !== undefined;
}

/**
 * Does the scenario's `setup`, where it has one, and looks then at the first requests, which may depend on it. Gives what it returned.
 * Rejects with a usage Fault, or with the signal's reason.
 */
export async function setUp({ scenario, plan }: Prepared, runId: string, signal: AbortSignal): Promise<unknown> {
  if (scenario.input.setup === undefined) return undefined;
  const setup = await runSetup(scenario.input, { plan, runId, signal });
  keepSecret(setup);
  checkFirstRequests(scenario.input, plan, setup);
  return setup;
}
