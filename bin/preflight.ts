import { resolveSecrets, storeHosts } from "../cleanup/index.ts";
import { prepareHops } from "../src/handshake/hops.ts";
import { checkFirstRequests } from "../src/load/first-requests.ts";
import { runSetup } from "../src/load/setup.ts";
import type { RunPlan, ScheduleTotals } from "../src/model/plan.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import { abortRulesOf } from "../src/safety/abort-rules.ts";
import { checkAllowed } from "../src/safety/allow.ts";
import { checkLimits } from "../src/safety/limits.ts";
import { keepSecret } from "../src/safety/redact.ts";
import { loadScenario, type Scenario } from "../src/scenario/load.ts";
import type { PlanOverrides } from "../src/scenario/overrides.ts";
import { makePlan } from "../src/scenario/plan.ts";
import { proxyApiOf } from "../src/third-party/meter.ts";
import { checkNetwork } from "../src/wire/transport.ts";

/** A run that has been checked and not yet begun. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly plan: RunPlan;
  readonly totals: ScheduleTotals;
  /** Hosts beside targets and admin address that the run reaches. */
  readonly others: readonly string[];
}

/**
 * Loads a scenario and checks everything that can be checked without sending a request. Throws a Fault that names every fault of
 * one kind at once.
 */
export async function preflight(path: string, overrides: PlanOverrides, allow: readonly string[]): Promise<Prepared> {
  const scenario = await loadScenario(path, overrides.variables === undefined ? {} : { variables: overrides.variables });
  const asked = makePlan(scenario, overrides);
  if (scenario.input.setup === undefined) checkFirstRequests(scenario.input, asked, undefined);
  // From here on, names lead where they lead now, or nowhere.
  const others = othersReached(scenario, asked);
  const permitted = await checkAllowed({ ...asked, others }, allow);
  const plan = { ...asked, connections: { ...asked.connections, permitted } };
  abortRulesOf(plan);
  for (const origin of new Set([...plan.targets, plan.admin])) checkNetwork(origin, plan.connections);
  const totals = walkSchedule(plan);
  checkLimits(plan, totals, scenario.input.operations);
  // Whether everything that cleanup needs is there is asked before the first write, not after the last.
  resolveSecrets({ runId: "r", plan }, process.env);
  return { scenario, plan, totals, others };
}

/**
 * Hosts beside targets and admin address: databases that are swept, where canaries are looked for, and the API of the proxies through
 * which faults are carried out or calls counted.
 */
function othersReached({ input }: Scenario, plan: RunPlan): string[] {
  const hops = input.handshake === undefined ? [] : prepareHops(input.handshake, plan, process.env);
  const usesProxies =
    plan.faults !== undefined || Object.values(plan.thirdParties).some(({ meter }) => meter?.proxy !== undefined);
  return [
    ...storeHosts({ runId: "r", plan }, process.env),
    ...hops.flatMap(({ reaches }) => reaches ?? []),
    ...(usesProxies ? [new URL(proxyApiOf(plan)).hostname] : []),
  ];
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
