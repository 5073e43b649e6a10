/**
 * Whether the load generator was the limit at a step. `sent - due` is never looked at: a slow target or a connection cap stretches it.
 *
 * Thresholds, after diagnosis class G (schedule lag, dispatched below 98 % of due), Locust (warns above 90 % CPU), Hyperfoil
 * (a core idle for less than 20 %) and BlazeMeter (70 to 80 % CPU). Those were made for machines that only generate load. Ours often
 * shares two cores with the target, so the busy limit is the laxest of the three, and lag is held against what it could spoil.
 */
import { parseBudget } from "../src/model/budget.ts";
import type { Evidence } from "../src/model/finding.ts";
import { latencyTag, type RunRecord } from "../src/model/record.ts";
import { outcomes } from "../src/model/run.ts";
import { signals } from "../src/model/vitals.ts";
import { formatShare, formatUs } from "../src/model/units.ts";
import { evidence } from "./rule.ts";
import { meanVital, type StepView } from "./steps.ts";

/** One way in which the generator was the limit. */
export interface GeneratorLimit {
  readonly evidence: Evidence;
  /** `its lag p99 was 1.2 s (limit 10 ms)`. */
  readonly clause: string;
}

/** A lag below this never voids a step: a missed timer tick and a scheduling slice or two. Class G says 5 ms, for a machine of its own. */
const lagFloorUs = 10_000;
/** Part of a judged percentile that lag may make up. Class G's 10 %, there of the inter-arrival time. A guess. */
const lagPartMax = 0.1;
/** Arrivals that must have been taken up by the end of the second in which they were due. Class G. */
const dispatchedShareMin = 0.98;
/** Fewer arrivals than this may be late at the window's edges without meaning anything. A guess. */
const lateArrivalsMax = 3;
/** Busy share of a load thread. Locust's 90 %. */
const busyShareMax = 0.9;
/** Requests lost to our own descriptors or ports. A guess: what error budgets commonly allow. */
const localErrorShareMax = 0.001;
/** Our own limits, whatever the target does. ENFILE and EMFILE: descriptors; EADDRNOTAVAIL: local ports. */
const localErrors = ["connect:EMFILE", "connect:ENFILE", "connect:EADDRNOTAVAIL"];

/** Everything that made the generator the limit at a step; empty where it was clean. */
export function generatorLimits(record: RunRecord, step: StepView): GeneratorLimit[] {
  return [...dispatchLimit(step), ...latenessLimits(record, step), ...localErrorLimit(step)];
}

function dispatchLimit(step: StepView): GeneratorLimit[] {
  const due = step.seconds.reduce((sum, point) => sum + point.due, 0);
  const dispatched = step.seconds.reduce((sum, point) => sum + point.dispatched, 0);
  if (due - dispatched <= Math.max(lateArrivalsMax, (1 - dispatchedShareMin) * due)) return [];
  const clause = `it took up only ${formatShare(dispatched / due)} of what was due in time (limit ${formatShare(dispatchedShareMin)})`;
  return [{ evidence: evidence("dispatched / due", dispatched / due, dispatchedShareMin, "share", step.window), clause }];
}

/**
 * Lag, with the busy threads that explain it. Lag counts into `response`, so a step that meets its limits in spite of it has met them; it
 * is a limit only where it is a tenth of what it may decide: the step's own p99 or the tightest response limit, the larger. Half of
 * that is enough where a load thread is busy, since it then reads replies as late as it sends requests. A busy thread that keeps its
 * schedule limits nothing.
 */
function latenessLimits(record: RunRecord, step: StepView): GeneratorLimit[] {
  const busy = busyLimits(record, step);
  const lagUs = lagP99Us(record, step);
  if (lagUs === null) return busy;
  const judgedUs = Math.max(responseP99Us(record, step), responseLimitUs(record));
  const limitUs = Math.max(lagFloorUs, lagPartMax * judgedUs) / (busy.length > 0 ? 2 : 1);
  if (lagUs <= limitUs) return [];
  const clause = `its lag p99 was ${formatUs(lagUs)} (limit ${formatUs(limitUs)})`;
  return [{ evidence: evidence("lag p99", lagUs, limitUs, "us", step.window), clause }, ...busy];
}

/** The generator's lateness, p99 in microseconds; of the worst outcome where the record holds no histogram over all of them. */
export function lagP99Us(record: RunRecord, { step }: StepView): number | null {
  const all = record.latency.get(latencyTag(step.index, "*", "lag", "*"));
  if (all !== undefined) return all.percentile(99);
  const each = outcomes.flatMap(
    (outcome) => record.latency.get(latencyTag(step.index, "*", "lag", outcome))?.percentile(99) ?? [],
  );
  return each.length === 0 ? null : Math.max(...each);
}

function responseP99Us(record: RunRecord, { step }: StepView): number {
  return record.latency.get(latencyTag(step.index, "*", "response", "ok"))?.percentile(99) ?? 0;
}

/** The tightest limit that a budget sets on a response time; 0 where none does. */
function responseLimitUs(record: RunRecord): number {
  const limits = record.run.plan.budgets.flatMap((text) => {
    const budget = parseBudget(text);
    return budget?.kind === "latency" && budget.clock === "response" ? [budget.limitUs] : [];
  });
  return limits.length === 0 ? 0 : Math.min(...limits);
}

/**
 * Event-loop utilisation, or CPU plus the wait for a core: both say what part of the time a load thread was not idle. Not asked of a
 * spinning generator, which never is.
 */
function busyLimits(record: RunRecord, step: StepView): GeneratorLimit[] {
  if (record.run.plan.precision === "spin") return [];
  const workers = [...step.vitals.keys()].filter((source) => source.startsWith("generator/worker-"));
  return workers.flatMap((source) => {
    const loop = meanVital(step, source, signals.eventLoopShare) ?? 0;
    const running = meanVital(step, source, signals.cpuCores) ?? 0;
    const demand = Math.min(1, running + (meanVital(step, source, signals.runQueueWaitShare) ?? 0));
    const busy = Math.max(loop, demand);
    if (busy <= busyShareMax) return [];
    const signal = loop >= demand ? signals.eventLoopShare : `${signals.cpuCores} + ${signals.runQueueWaitShare}`;
    const clause = `its ${source.slice("generator/".length)} was busy ${formatShare(busy)} of the time (limit ${formatShare(busyShareMax)})`;
    return [{ evidence: evidence(`${source} ${signal}`, busy, busyShareMax, "share", step.window), clause }];
  });
}

function localErrorLimit(step: StepView): GeneratorLimit[] {
  const lost = localErrors.reduce((sum, key) => sum + (step.tally.errors[key] ?? 0), 0);
  if (lost === 0 || lost <= localErrorShareMax * step.tally.due) return [];
  const names = localErrors.filter((key) => (step.tally.errors[key] ?? 0) > 0).join(", ");
  const clause = `it lost ${formatShare(lost / step.tally.due)} of the requests to its own limits (${names})`;
  return [
    { evidence: evidence(`errors ${names} / due`, lost / step.tally.due, localErrorShareMax, "share", step.window), clause },
  ];
}
