/** A run record cut into steps, and means over one of them. */
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";
import type { SeriesPoint } from "../src/model/series.ts";
import type { VitalSample } from "../src/model/vitals.ts";

const secondUs = 1_000_000;

/** Samples by source, then by signal. */
type VitalsIndex = ReadonlyMap<string, ReadonlyMap<string, readonly VitalSample[]>>;

/** A step that was held to its end and drained. */
export interface StepView {
  readonly step: StepRecord;
  readonly tally: NonNullable<StepRecord["tally"]>;
  /** Seconds that lie wholly inside the hold, less its first one: queues and connections are still filling then. */
  readonly seconds: readonly SeriesPoint[];
  /** Samples taken in the hold, less its first second: a sample speaks for the second before it. */
  readonly vitals: VitalsIndex;
  /** For evidence: `step 3 (5x)`. */
  readonly window: string;
}

/** The cut of one step, or null where it was never finished (a crash, an abort). */
export function stepView(record: RunRecord, step: StepRecord): StepView | null {
  const { startUs, endUs, tally } = step;
  if (startUs === null || endUs === null || tally === null) return null;
  const fromUs = startUs + secondUs;
  return {
    step,
    tally,
    seconds: record.series.filter((point) => point.t >= fromUs && point.t + secondUs <= endUs && isCounted(point)),
    vitals: indexOf(record.vitals.filter((sample) => sample.t >= fromUs && sample.t <= endUs)),
    window: `step ${step.index} (${step.multiple}x)`,
  };
}

/** A record is a file that anyone may have edited: a line without its counts is passed over. */
function isCounted(point: SeriesPoint): boolean {
  return Number.isFinite(point.due) && Number.isFinite(point.dispatched) && Number.isFinite(point.ok);
}

function indexOf(samples: readonly VitalSample[]): VitalsIndex {
  const index = new Map<string, Map<string, VitalSample[]>>();
  for (const sample of samples) {
    if (!Number.isFinite(sample.value) || typeof sample.source !== "string" || typeof sample.signal !== "string") continue;
    const signals = index.get(sample.source) ?? new Map<string, VitalSample[]>();
    index.set(sample.source, signals);
    const list = signals.get(sample.signal);
    if (list === undefined) signals.set(sample.signal, [sample]);
    else list.push(sample);
  }
  return index;
}

/** Mean of a signal over a step; null where there is no sample. */
export function meanVital(step: StepView, source: string, signal: string): number | null {
  return meanOf((step.vitals.get(source)?.get(signal) ?? []).map((sample) => sample.value));
}

/** Null for no values, since a mean of nothing is not 0. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `ok` replies per second over a step's full seconds; null where the series is missing. */
export function okPerSec(step: StepView): number | null {
  return meanOf(step.seconds.map((point) => point.ok));
}
