import { RequestBuilder } from "../load/requests.ts";
import { type OperationPlan, plainNetwork, type RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { nullPem } from "./null-pem.ts";

/** People whose requests are sent: their first ones are like all others. */
const usersMost = 256;
/** Connections of a load thread: a null server has answered before the next tick, so that more would be idle. */
const connectionsPerWorker = 64;
/** Bodies and answers stay on this machine, and nothing of a run waits for them. */
const deadlineUs = 2_000_000;

/**
 * A run's plan against a null server: its people, requests, load threads, precision, connections and client certificate, its operations
 * as often as in the run, all of them as reads, and nothing that needs a reply. Of TLS servers it trusts none but that one. Arrivals are poisson, since the rate is what is asked for. Steps are made as they go.
 */
export function trialPlan(plan: RunPlan, solo: readonly OperationPlan[], origin: string): RunPlan {
  const { policy, protocol, host, max, tls } = plan.connections;
  return {
    ...plan,
    target: origin,
    targets: [origin],
    admin: origin,
    pace: "poisson",
    steps: [],
    connections: {
      ...plainNetwork,
      protocol,
      host,
      tls: { ...tls, ca: nullPem, serverName: "localhost" },
      policy,
      max: Math.min(max, connectionsPerWorker * plan.workers),
      deadlineUs,
    },
    operations: solo,
    journeys: [],
    users: { ...plan.users, pool: Math.min(plan.users.pool, usersMost) },
    prepare: null,
    lanes: null,
    cleanup: null,
  };
}

/** Operations as reads, each as often as arrivals and journeys come by it, and what a request of them weighs on average. */
export interface Solo {
  readonly operations: readonly OperationPlan[];
  /** NaN where none can be made alone. */
  readonly meanBytes: number;
}

/** Those that can be made without what a journey carries keep their weight; the others get none. */
export function soloOperations(plan: RunPlan, input: ScenarioInput, setup: unknown): Solo {
  const builder = new RequestBuilder(input, { runId: "calibration", plan, setup });
  let weights = 0;
  let bytes = 0;
  const operations = plan.operations.map(({ name, weight }, at): OperationPlan => {
    const size = sizeOf(builder, at);
    const often = size === null ? 0 : weight + visits(plan, at);
    weights += often;
    bytes += often * (size ?? 0);
    return { name, kind: "read", weight: often };
  });
  return { operations, meanBytes: bytes / weights };
}

function visits({ journeys }: RunPlan, operation: number): number {
  return journeys.reduce(
    (sum, { weight, steps }) => sum + weight * steps.filter((step) => step.operation === operation).length,
    0,
  );
}

/** Null where it cannot be made without what a journey carries. */
function sizeOf(builder: RequestBuilder, operation: number): number | null {
  try {
    return builder.build(operation, 0, 0, 0, "probe", null).text.length;
  } catch {
    return null;
  }
}
