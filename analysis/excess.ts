/**
 * How much slower a step was than the base step, and how much of that other clocks account for. All of it in `service` time
 * (done - sent) of `ok` replies: `lag` is the generator's, and `wait` for a connection follows from slow replies where connections
 * are capped, so that neither may point at a cause.
 */
import { latencyTag } from "../src/model/record.ts";
import type { LaneSample } from "../src/model/series.ts";
import { serverTimingSignal } from "../src/model/vitals.ts";
import { meanOf, type StepView } from "./steps.ts";
import type { View } from "./view.ts";

/** The step in question, what it is compared with, and over which operations. */
export interface Comparison {
  readonly step: StepView;
  /** Null where the step is the base step itself: then all of its time is in question, not what it grew by. */
  readonly reference: StepView | null;
  readonly operations: readonly string[];
}

/** The comparison for a step against the base step of its run. */
export function compareWithBase(view: View, step: StepView, operations: readonly string[]): Comparison {
  return { step, reference: step === view.base ? null : view.base, operations };
}

/** How long a lane waits for its answer (src/load/lanes.ts): what a failed try is taken for. */
const laneDeadlineUs = 5_000_000;
/** Below this growth a step was not slower: 10 % is what two runs of the same step may differ by (diagnosis, class N). */
const growthMin = 0.1;
/** Nor below this: less than a scheduling slice. A guess. */
const excessMinUs = 1_000;

/** A step's mean service time per operation in question, in microseconds. */
interface OperationMean {
  readonly operation: string;
  readonly count: number;
  readonly meanUs: number;
  readonly referenceUs: number;
}

function meansOf(view: View, { step, reference, operations }: Comparison): OperationMean[] {
  return operations.flatMap((operation) => {
    const own = view.record.latency.get(latencyTag(step.step.index, operation, "service", "ok"));
    if (own === undefined || own.count === 0) return [];
    if (reference === null) return [{ operation, count: own.count, meanUs: own.meanUs, referenceUs: 0 }];
    const base = view.record.latency.get(latencyTag(reference.step.index, operation, "service", "ok"));
    return base === undefined ? [] : [{ operation, count: own.count, meanUs: own.meanUs, referenceUs: base.meanUs }];
  });
}

/**
 * Mean excess per `ok` reply in microseconds: each operation against itself, weighted by its replies, so that a shifted mix is not
 * taken for a slowdown. 0 where the growth is too small to tell; null where no operation was served in both steps.
 */
export function serviceExcessUs(view: View, comparison: Comparison): number | null {
  const means = meansOf(view, comparison);
  const count = sum(means, (mean) => mean.count);
  if (count === 0) return null;
  const excess = sum(means, (mean) => mean.count * Math.max(0, mean.meanUs - mean.referenceUs)) / count;
  const before = sum(means, (mean) => mean.count * mean.referenceUs) / count;
  return excess < excessMinUs || excess < growthMin * before ? 0 : excess;
}

/** The same for one Server-Timing entry: what it grew by per `ok` reply, microseconds; null where replies did not carry it. */
export function timingExcessUs(view: View, comparison: Comparison, entry: string): number | null {
  const means = meansOf(view, comparison);
  const parts = means.flatMap((mean) => {
    const own = timingUs(comparison.step, mean.operation, entry);
    const before = comparison.reference === null ? 0 : (timingUs(comparison.reference, mean.operation, entry) ?? 0);
    return own === null ? [] : [mean.count * Math.max(0, own - before)];
  });
  const count = sum(means, (mean) => mean.count);
  return parts.length === 0 || count === 0 ? null : sum(parts, (part) => part) / count;
}

/** Names of the Server-Timing entries that an operation's replies carried. */
export function timingEntries(step: StepView, operation: string): string[] {
  const names = [...(step.vitals.get(`operation/${operation}`)?.keys() ?? [])];
  return names.flatMap((signal) => /^servertiming\.(.+)\.mean\.us$/.exec(signal)?.[1] ?? []);
}

/**
 * Mean of an entry per reply of an operation. An entry that only some replies carry (a cache miss) counts by how often it
 * came beside the operation's most frequent entry.
 */
function timingUs(step: StepView, operation: string, entry: string): number | null {
  const means = timingSamples(step, operation, entry, "mean.us");
  const counts = timingSamples(step, operation, entry, "count");
  // Both come in one breath, so the n-th count belongs to the n-th mean; several workers may tell of the same second.
  const weighed = means.map((mean, at) => ({ mean, count: counts[at] ?? 1 }));
  const replies = sum(weighed, ({ count }) => count);
  if (replies <= 0) return null;
  const meanUs = sum(weighed, ({ mean, count }) => mean * count) / replies;
  const most = Math.max(...timingEntries(step, operation).map((name) => repliesWith(step, operation, name)));
  return most > 0 ? meanUs * (repliesWith(step, operation, entry) / most) : meanUs;
}

function repliesWith(step: StepView, operation: string, entry: string): number {
  return sum(timingSamples(step, operation, entry, "count"), (count) => count);
}

function timingSamples(step: StepView, operation: string, entry: string, figure: "mean.us" | "count"): number[] {
  const samples = step.vitals.get(`operation/${operation}`)?.get(serverTimingSignal(entry, figure)) ?? [];
  return samples.map((sample) => sample.value);
}

/**
 * What the trivial lane grew by, microseconds; null where there was no lane. It reads low in an overload, since slow tries are few
 * and the last ones end after the hold.
 */
export function laneExcessUs({ step, reference }: Comparison): number | null {
  const own = laneUs(step);
  const before = reference === null ? 0 : laneUs(reference);
  return own === null || before === null ? null : Math.max(0, own - before);
}

/**
 * Mean of the trivial lane over a step, microseconds; null where it was not tried. The slower of the kept-alive lane and the fresh one less
 * its connect time: a kept connection stays with one worker of several, which need not be the busy one. A failed try stands for the
 * lanes' deadline.
 */
export function laneUs(step: StepView): number | null {
  const mean = (lane: keyof LaneSample): number | null => meanOf(triesOf(step, lane).map((us) => (us < 0 ? laneDeadlineUs : us)));
  const fresh = mean("freshUs");
  const tried = [mean("keptUs"), fresh === null ? null : fresh - (mean("connectUs") ?? 0)].filter((us) => us !== null);
  return tried.length === 0 ? null : Math.max(0, ...tried);
}

/** Mean of the connect lane over a step, microseconds: the kernel answers it, so a full process leaves it untouched. Null: not tried. */
export function connectLaneUs(step: StepView): number | null {
  return meanOf(triesOf(step, "connectUs").map((us) => (us < 0 ? laneDeadlineUs : us)));
}

function triesOf(step: StepView, lane: keyof LaneSample): number[] {
  return step.seconds.map((point) => point.lanes?.[lane]).filter((us) => typeof us === "number");
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
