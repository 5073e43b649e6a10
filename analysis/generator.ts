/**
 * Whether the load generator was the limit at a step. `sent - due` is never looked at: a slow target or a connection cap stretches it.
 *
 * Thresholds, after diagnosis class G (schedule lag, dispatched below 98 % of due), Locust (warns above 90 % CPU), Hyperfoil
 * (a core idle for less than 20 %) and BlazeMeter (70 to 80 % CPU). Those were made for machines that only generate load. Ours often
 * shares two cores with the target, so the busy limit is the laxest of the three, and lag is held against what it could spoil.
 */
import { parseBudget } from "../src/model/budget.ts";
import type { Distribution } from "../src/model/distribution.ts";
import type { Evidence } from "../src/model/finding.ts";
import { latencyTag, type RunRecord } from "../src/model/record.ts";
import { outcomes } from "../src/model/run.ts";
import { signals } from "../src/model/vitals.ts";
import { formatCount, formatShare, formatUs } from "../src/model/units.ts";
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
/** Samples beyond the percentile that is held against it: the rule of `samplesNeeded`. */
const samplesBeyond = 10;
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
/**
 * Our own limits, whatever the target does: no packet of it can make the kernel answer so. EMFILE and ENFILE: descriptors; EADDRNOTAVAIL
 * and, on older kernels, EAGAIN: local ports; ENOBUFS and ENOMEM: the memory of this machine's sockets (connect(2), socket(2)).
 */
const localErrors = ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EAGAIN", "ENOBUFS", "ENOMEM"].map((errno) => `connect:${errno}`);

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
 * Lag, with the strain that explains it. Lag counts into `response`, so a step that meets its limits in spite of it has met them; it
 * is a limit only where it is a tenth of what it may decide: the step's own p99 or the tightest response limit, the larger. Half of
 * that is enough where a load thread is busy, since it then reads replies as late as it sends requests, or where the step asks for
 * more than the generator could do with a server that does nothing. Strain that does not make it late limits nothing.
 */
function latenessLimits(record: RunRecord, step: StepView): GeneratorLimit[] {
  const busy = busyLimits(record, step);
  const lag = lagTail(record, step);
  if (lag === null) return busy;
  const strain = [...busy, ...calibrationLimit(record, step)];
  const judgedUs = Math.max(responseP99Us(record, step), responseLimitUs(record));
  const limitUs = Math.max(lagFloorUs, lagPartMax * judgedUs) / (strain.length > 0 ? 2 : 1);
  if (lag.us <= limitUs) return [];
  const what = `lag p${lag.percent}`;
  const clause = `its ${what} was ${formatUs(lag.us)} (limit ${formatUs(limitUs)})`;
  return [{ evidence: evidence(what, lag.us, limitUs, "us", step.window), clause }, ...strain];
}

/** That a step asks for more than the generator could do alone, before the run: no proof, since the machine may have been busy then. */
function calibrationLimit({ run }: RunRecord, { step, window }: StepView): GeneratorLimit[] {
  const cleanRatePerSec = run.calibration?.cleanRatePerSec ?? Number.POSITIVE_INFINITY;
  if (step.ratePerSec <= cleanRatePerSec) return [];
  const clause = `by itself it manages ${formatCount(Math.floor(cleanRatePerSec))}/s here, of the ${formatCount(step.ratePerSec)}/s asked for`;
  return [{ evidence: evidence("rate against calibration", step.ratePerSec, cleanRatePerSec, "1/s", window), clause }];
}

/** The generator's lateness: a percentile with its value in microseconds. */
interface LagTail {
  readonly percent: number;
  readonly us: number;
}

/**
 * The lag that one in a hundred exceeded, or ten where there were fewer than a thousand, so that one hiccup does not decide; of the worst
 * outcome where the record holds no histogram over all of them. Null where there is none, or too few were taken up.
 */
export function lagTail(record: RunRecord, { step }: StepView): LagTail | null {
  const all = record.latency.get(latencyTag(step.index, "*", "lag", "*"));
  const each = outcomes.map((outcome) => record.latency.get(latencyTag(step.index, "*", "lag", outcome)));
  const tails = (all === undefined ? each : [all]).flatMap((lag) => (lag === undefined ? [] : (tailOf(lag) ?? [])));
  return tails.toSorted((a, b) => b.us - a.us)[0] ?? null;
}

function tailOf(lag: Distribution): LagTail | null {
  const percent = Math.min(99, Math.floor(100 * (1 - samplesBeyond / lag.count) + 1e-9));
  return percent > 0 ? { percent, us: lag.percentile(percent) } : null;
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
 * Event-loop utilisation, or CPU plus the wait for a core: both say what part of the time a load thread was not idle. A spinning one
 * burns its core whatever it has to do, so that only the first is asked of it: there it is counted without the idle turns.
 */
function busyLimits(record: RunRecord, step: StepView): GeneratorLimit[] {
  const spins = record.run.plan.precision === "spin";
  const workers = [...step.vitals.keys()].filter((source) => source.startsWith("generator/worker-"));
  return workers.flatMap((source) => {
    const loop = meanVital(step, source, signals.eventLoopShare) ?? 0;
    const demand = spins ? 0 : demandOf(step, source);
    const busy = Math.max(loop, demand);
    if (busy <= busyShareMax) return [];
    const signal = loop >= demand ? signals.eventLoopShare : `${signals.cpuCores} + ${signals.runQueueWaitShare}`;
    const clause = `its ${source.slice("generator/".length)} was busy ${formatShare(busy)} of the time (limit ${formatShare(busyShareMax)})`;
    return [{ evidence: evidence(`${source} ${signal}`, busy, busyShareMax, "share", step.window), clause }];
  });
}

function demandOf(step: StepView, source: string): number {
  const running = meanVital(step, source, signals.cpuCores) ?? 0;
  return Math.min(1, running + (meanVital(step, source, signals.runQueueWaitShare) ?? 0));
}

function localErrorLimit(step: StepView): GeneratorLimit[] {
  const { due } = step.tally;
  const lost = localErrors.reduce((sum, key) => sum + attemptsLostTo(step, key), 0);
  if (lost === 0 || lost <= localErrorShareMax * due) return [];
  const names = localErrors.filter((key) => attemptsLostTo(step, key) > 0).join(", ");
  const clause = `its own limits (${names}) ended ${formatCount(lost)} attempts at ${formatCount(due)} requests`;
  return [{ evidence: evidence(`errors ${names} / due`, lost / due, localErrorShareMax, "share", step.window), clause }];
}

/** Attempts that ended so, whether a retry policy followed them by another one or not: either way the target saw less than was meant. */
function attemptsLostTo({ tally }: StepView, key: string): number {
  return (tally.errors[key] ?? 0) + (tally.retried?.[key] ?? 0);
}
