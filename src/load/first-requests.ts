import { Fault, messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { shapeFaults, userFaults } from "../scenario/request.ts";
import { RequestBuilder } from "./requests.ts";

/** Users whose requests are looked at before a run: the first, the last, and one between. */
const sampled = (pool: number): number[] => [...new Set([0, Math.floor(pool / 2), pool - 1])];

/**
 * Makes a few requests of every operation and sends none: a scenario whose functions throw, or return what cannot be sent, must
 * say so before the load and not within it. `setup` is what the scenario's `setup` returned. Operations that may need what a journey
 * carries are left out, since only replies tell that. Throws a usage Fault with everything found, each fault once.
 */
export function checkFirstRequests(input: ScenarioInput, plan: RunPlan, setup: unknown): void {
  const builder = new RequestBuilder(input, { runId: "preflight", plan, setup });
  const faults = new Set<string>();
  for (const userIndex of sampled(plan.users.pool)) {
    for (const [at, { name }] of plan.operations.entries()) {
      if (mayNeedCarried(plan, at)) continue;
      for (const fault of requestFaults(builder, at, userIndex)) faults.add(`${name}: ${fault}`);
    }
  }
  if (faults.size === 0) return;
  throw new Fault(
    "usage",
    [`${plan.scenario.path} makes requests that cannot be sent:`, ...[...faults].map((fault) => `  ${fault}`)].join("\n"),
  );
}

/** Whether an operation is only ever done by journeys, and not as the first thing in all of them. */
export function mayNeedCarried({ operations, journeys, prepare }: RunPlan, at: number): boolean {
  const operation = operations[at];
  if (operation === undefined || operation.weight > 0 || operation.name === prepare?.create) return false;
  return journeys.some(({ steps }) => steps.slice(1).some((step) => step.operation === at));
}

function requestFaults(builder: RequestBuilder, operation: number, userIndex: number): string[] {
  try {
    const user = builder.user(userIndex);
    return [...userFaults(user), ...shapeFaults(builder.shape(operation, user, builder.at(0, 0, null)))];
  } catch (thrown) {
    return [`its request function throws: ${messageOf(thrown)}`];
  }
}
