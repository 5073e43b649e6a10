import { Fault, messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { shapeFaults, userFaults } from "../scenario/request.ts";
import { RequestBuilder } from "./requests.ts";

/** Users whose requests are looked at before a run: the first, the last, and one between. */
const sampled = (pool: number): number[] => [...new Set([0, Math.floor(pool / 2), pool - 1])];

/**
 * Makes a few requests of every operation and sends none: a scenario whose functions throw, or return what cannot be sent, must
 * say so before the load and not within it. Throws a usage Fault with everything found, each fault once.
 */
export function checkFirstRequests(input: ScenarioInput, plan: RunPlan): void {
  const builder = new RequestBuilder(input, { runId: "preflight", seed: plan.seed, target: plan.target });
  const faults = new Set<string>();
  for (const userIndex of sampled(plan.users.pool)) {
    for (const [at, { name }] of plan.operations.entries()) {
      for (const fault of requestFaults(builder, at, userIndex)) faults.add(`${name}: ${fault}`);
    }
  }
  if (faults.size === 0) return;
  throw new Fault(
    "usage",
    [`${plan.scenario.path} makes requests that cannot be sent:`, ...[...faults].map((fault) => `  ${fault}`)].join("\n"),
  );
}

function requestFaults(builder: RequestBuilder, operation: number, userIndex: number): string[] {
  try {
    const user = builder.user(userIndex);
    return [...userFaults(user), ...shapeFaults(builder.shape(operation, user, builder.at(0, 0)))];
  } catch (thrown) {
    return [`its request function throws: ${messageOf(thrown)}`];
  }
}
