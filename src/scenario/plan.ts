import type { JourneyPlan, OperationPlan, RunPlan } from "../model/plan.ts";
import type { JourneyStep, ScenarioInput } from "../model/scenario.ts";
import { validDurationUs } from "./durations.ts";
import type { Scenario } from "./load.ts";
import { cleanupSettings } from "./cleanup-settings.ts";
import { safetyParts } from "./safety-parts.ts";
import { connectionPlan } from "./network.ts";
import { refuseBadFlags, type PlanOverrides } from "./overrides.ts";
import { stepsOf } from "./steps.ts";

/**
 * The run that a scenario and a command line ask for, as plain data. Throws a usage Fault with every flag that cannot be used, or
 * where the two together ask for what cannot be, or for more than one run may send.
 */
export function makePlan(scenario: Scenario, overrides: PlanOverrides = {}): RunPlan {
  refuseBadFlags(overrides);
  const { input } = scenario;
  const { load } = input;
  const peakRatePerSec = overrides.peakRatePerSec ?? load.peak.ratePerSec;
  const [target, ...others] = originsOf(overrides.target ?? input.target);
  const targets = [target, ...others];
  const admin = originOf(overrides.admin ?? input.admin ?? target);
  const ownTargets = originsOf(input.target);
  const written = { targets: ownTargets, admin: originOf(input.admin ?? ownTargets[0]) };
  return {
    scenario: { name: input.name, path: scenario.path, hash: scenario.hash },
    target,
    targets,
    admin,
    seed: overrides.seed ?? 1,
    peakRatePerSec,
    pace: overrides.pace ?? load.pace ?? "poisson",
    precision: load.precision ?? "timer",
    workers: overrides.workers ?? 1,
    steps: stepsOf(load, peakRatePerSec, overrides),
    connections: connectionPlan(input.connections ?? {}, overrides, scenario.path, { targets, admin, written }),
    operations: Object.entries(input.operations).map(([name, { kind, weight }]): OperationPlan => ({ name, kind, weight })),
    journeys: journeysOf(input),
    users: { name: input.users.name, pool: input.users.pool, popularity: input.users.popularity },
    prepare: input.prepare ?? null,
    ...(input.setup === undefined ? {} : { setup: true }),
    lanes: input.lanes ?? null,
    observe: { prometheus: input.observe?.prometheus ?? null, pids: overrides.pids ?? input.observe?.pids ?? [] },
    budgets: input.budgets ?? [],
    thirdParties: input.thirdParties ?? {},
    ...safetyParts(input),
    cleanup: cleanupSettings(input.cleanup),
    variables: overrides.variables ?? {},
  };
}

function journeysOf({ journeys = {}, operations }: ScenarioInput): JourneyPlan[] {
  const names = Object.keys(operations);
  return Object.entries(journeys).map(([name, { weight, steps }]) => ({
    name,
    weight,
    steps: steps.map(({ operation, think }) => ({ operation: names.indexOf(operation), thinkUs: thinkUs(think) })),
  }));
}

function thinkUs(think: JourneyStep["think"] = "0s"): readonly [number, number] {
  const [shortest, longest] = typeof think === "string" ? [think, think] : think;
  return [validDurationUs(shortest), validDurationUs(longest)];
}

/** At least one, in the author's order. */
function originsOf(target: string | readonly string[]): [string, ...string[]] {
  const [first = "", ...others] = typeof target === "string" ? [target] : target;
  return [originOf(first), ...others.map(originOf)];
}

/** Without the slash that `URL` adds, so that a path can be appended. */
function originOf(address: string): string {
  return new URL(address).origin;
}
