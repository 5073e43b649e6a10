/** Sends one canary, and what fills caches beside it. */
import { Trial, type TryOptions } from "../load/try.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import { readsBeside, type PlannedCanary } from "./canaries.ts";

/** One more than the highest number of an arrival: canaries are numbered up to here, so that no request of the load is one again. */
const pastArrivals = 0x1_0000_0000;

/** What became of a canary that was sent. */
export interface SentCanary {
  /** Null: answered as the operation expects. Otherwise what became of it: `failed: status:503`, `was not reached by ...`. */
  readonly problem: string | null;
  /** What the target says it created; undefined where the scenario cannot tell. */
  readonly createdId: string | undefined;
}

/**
 * Sends a canary's write, by itself or within its journey, and then the reads beside it, whose failure is none of the canary's. All of
 * them carry its run id, which `options.runId` is. Rejects with the signal's reason.
 */
export async function sendCanary(input: ScenarioInput, canary: PlannedCanary, options: TryOptions): Promise<SentCanary> {
  const { plan } = options;
  const firstIndex = pastArrivals - plan.operations.length - plan.journeys.length;
  using trial = await Trial.open(input, { ...options, purpose: "canary", firstIndex });
  const sent = canary.journey === null ? await sentAlone(trial, canary) : await sentOnJourney(trial, canary, canary.journey);
  if (sent.problem === null) for (const read of readsBeside(plan)) await trial.operation(read);
  return sent;
}

async function sentAlone(trial: Trial, { index }: PlannedCanary): Promise<SentCanary> {
  const { result, createdId } = await trial.operation(index);
  return { problem: problemOf(result), createdId };
}

async function sentOnJourney(trial: Trial, { operation }: PlannedCanary, journey: number): Promise<SentCanary> {
  const gone = await trial.journey(journey);
  const own = gone.steps.find((step) => step.operation === operation);
  if (own !== undefined) return { problem: problemOf(own.result), createdId: own.createdId };
  const last = gone.steps.at(-1);
  const because =
    last === undefined || last.result === "ok"
      ? (gone.problem ?? "its when() left it out")
      : `"${last.operation}" before it: ${last.result}`;
  return { problem: `was not reached by the journey "${gone.journey}": ${because}`, createdId: undefined };
}

/** Of what a trial says of a request. */
function problemOf(result: string): string | null {
  return result === "ok" ? null : `failed: ${result}`;
}
