import { closedLoop } from "../src/load/closed-loop.ts";
import { RequestBuilder } from "../src/load/requests.ts";
import { Fault } from "../src/model/fault.ts";
import { plainNetwork } from "../src/model/plan.ts";
import type { Scenario } from "../src/scenario/load.ts";

/** Long enough to get past the first compilation of the service's hot path, short enough for a demo. */
const askingUs = 2_500_000;
const connections = 8;

/**
 * How many of one read operation a target answers per second at most, asked for one user that is already there. Nothing is written.
 * Throws Fault `unreachable` where the target does not answer it well.
 */
export async function busiestRate(
  scenario: Scenario,
  options: { readonly target: string; readonly operation: string; readonly userId: string; readonly signal: AbortSignal },
): Promise<number> {
  const { target, operation, userId, signal } = options;
  const plan = { seed: 1, targets: [target], connections: { ...plainNetwork, policy: "keep-alive" } } as const;
  const builder = new RequestBuilder(scenario.input, { runId: "busiest-rate", plan, setup: undefined });
  const at = Object.keys(scenario.input.operations).indexOf(operation);
  const request = (number: number): string =>
    builder.bytes(at, builder.shape(at, { id: userId }, builder.at(number, 0, null)), userId, number, "probe", null).text;
  const { okPerSec, failed } = await closedLoop({ target, request, connections, durationUs: askingUs, signal });
  signal.throwIfAborted();
  if (okPerSec < 1) throw new Fault("unreachable", `the service did not answer "${operation}" (${failed} failures)`);
  return okPerSec;
}
