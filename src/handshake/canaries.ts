/** Which canaries a run sends. Pure. */
import { mayNeedCarried } from "../load/first-requests.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Canary } from "./observer.ts";

/** Longest run id (`runIdPattern`). */
const longestRunId = 48;

export interface PlannedCanary extends Canary {
  /** From 1; names its folder in the run's record. */
  readonly number: number;
  /** Index into the plan's operations. */
  readonly index: number;
  /** Index of the journey that it goes, where the operation may need what one carries there; null: it is sent by itself. */
  readonly journey: number | null;
}

/**
 * One for each write operation that the run will send: by itself, to prepare, or within a journey. The one that prepares is the first,
 * since the others may need its row. None where the scenario has no handshake.
 */
export function plannedCanaries(plan: RunPlan, runId: string): PlannedCanary[] {
  if (plan.handshake === undefined) return [];
  const isFirst = (index: number): number => Number(plan.operations[index]?.name === plan.prepare?.create);
  const sent = [...plan.operations.keys()].filter((index) => isSentWrite(plan, index));
  return sent
    .toSorted((a, b) => isFirst(b) - isFirst(a))
    .map((index, at) => ({
      number: at + 1,
      runId: canaryRunId(runId, at + 1),
      operation: plan.operations[index]?.name ?? "?",
      index,
      journey: mayNeedCarried(plan, index) ? (journeysBy(plan, index)[0] ?? null) : null,
    }));
}

/** Whether a run sends any write in its load or before it, but for what its `setup` does. */
export function sendsWrites(plan: RunPlan): boolean {
  return [...plan.operations.keys()].some((index) => isSentWrite(plan, index));
}

/** Reads that the run sends and that need nothing carried to them, so that caches are filled under the canary's tag, too. */
export function readsBeside(plan: RunPlan): number[] {
  return [...plan.operations.keys()].filter((index) => {
    const { kind, weight = 0 } = plan.operations[index] ?? {};
    if (kind !== "read" || mayNeedCarried(plan, index)) return false;
    return weight > 0 || journeysBy(plan, index).length > 0;
  });
}

/** `20261121-014233-9f3a01bc-c1`. Canaries are proven one after the other, so that -c1 cannot be taken for -c10. */
export function canaryRunId(runId: string, number: number): string {
  const end = `-c${number}`;
  return runId.slice(0, longestRunId - end.length) + end;
}

function isSentWrite(plan: RunPlan, index: number): boolean {
  const { name, kind, weight = 0 } = plan.operations[index] ?? {};
  return kind === "write" && (weight > 0 || name === plan.prepare?.create || journeysBy(plan, index).length > 0);
}

/** Journeys that the run goes and that come by an operation. */
function journeysBy({ journeys }: RunPlan, index: number): number[] {
  const comesBy = (at: number): boolean => journeys[at]?.steps.some(({ operation }) => operation === index) === true;
  return [...journeys.keys()].filter((at) => (journeys[at]?.weight ?? 0) > 0 && comesBy(at));
}
