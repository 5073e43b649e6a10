/** The counts of a simulated step, for `record-simulation`. */
import type { StepPlan } from "../src/model/plan.ts";
import type { JourneyTally, StepRecord, Tally } from "../src/model/run.ts";
import type { Simulated } from "./record-simulation.ts";
import type { World } from "./record-world.ts";

/** Request-microseconds: the times that requests were under way. */
export function residenceOf(requests: readonly Simulated[]): number {
  return requests.reduce((sum, { settledUs, dispatchedUs }) => sum + settledUs - dispatchedUs, 0);
}

/** Counts of a step; `residenceUs` over all steps without a pause before it, null where another one follows. */
export function tallyOf(
  world: World,
  step: StepPlan,
  requests: readonly Simulated[],
  residenceUs: number | null,
): StepRecord["tally"] {
  const perOperation = world.operations.map(
    ({ name }) =>
      [
        name,
        countsOf(
          world,
          requests.filter((request) => request.operation.name === name),
        ),
      ] as const,
  );
  const counts = countsOf(world, requests);
  return {
    ...counts,
    operations: Object.fromEntries(perOperation),
    ...(world.journeys.length === 0 ? {} : { journeys: journeysOf(world, step, counts) }),
    // Both accounts agree here, since nothing is lost.
    ...(residenceUs === null ? {} : { occupancy: { inFlightUs: residenceUs, residenceUs } }),
  };
}

function countsOf(world: World, requests: readonly Simulated[]): Tally {
  const count = (test: (request: Simulated) => boolean): number => requests.filter(test).length;
  const rejected = count((request) => request.outcome === "rejected");
  const errors: Record<string, number> = {};
  for (const { key } of requests) if (key !== null) errors[key] = (errors[key] ?? 0) + 1;
  return {
    due: requests.length,
    dispatched: requests.length,
    sent: count((request) => request.sentUs !== null),
    done: count((request) => request.status !== null),
    ok: count((request) => request.outcome === "ok"),
    rejected,
    failed: count((request) => request.outcome === "failed"),
    errors,
    ...(world.retries > 0 && rejected > 0 ? { retried: { "status:429": rejected * world.retries } } : {}),
  };
}

/** As many of each as its weight asks for; each request of one breaks it as often as requests fail, and the last second's are cut. */
function journeysOf(world: World, step: StepPlan, { due, ok }: Tally): Record<string, JourneyTally> {
  const weights = [...world.operations, ...world.journeys].reduce((sum, { weight }) => sum + weight, 0);
  const counted = world.journeys.map(({ name, weight, steps }): [string, JourneyTally] => {
    const started = Math.round((due * weight) / weights);
    const cut = Math.min(started, Math.round((step.ratePerSec * weight) / weights));
    const completed = Math.round((started - cut) * (due === 0 ? 1 : ok / due) ** steps.length);
    return [name, { started, completed, broken: started - cut - completed, cut }];
  });
  return Object.fromEntries(counted);
}
