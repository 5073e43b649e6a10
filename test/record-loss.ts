/** Run records that lack something, as a crash, another machine or a plain scenario leaves them. */
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";

/** Without the vitals of the sources, or the signals, that match. */
export function withoutVitals(record: RunRecord, pattern: RegExp): RunRecord {
  return { ...record, vitals: record.vitals.filter(({ source, signal }) => !pattern.test(source) && !pattern.test(signal)) };
}

/** As a scenario without `lanes` leaves it. */
export function withoutLanes(record: RunRecord): RunRecord {
  return { ...record, series: record.series.map((point) => Object.assign({}, point, { lanes: null })) };
}

export function withoutLatency(record: RunRecord, pattern: RegExp): RunRecord {
  return { ...record, latency: new Map([...record.latency].filter(([tag]) => !pattern.test(tag))) };
}

/** As a crash leaves it: steps from `index` on never ended. */
export function crashedAt(record: RunRecord, index: number): RunRecord {
  const lost = { endUs: null, drainedUs: null, tally: null };
  const steps = record.run.steps.map((step): StepRecord => {
    if (step.index < index) return step;
    return { ...step, ...lost, startUs: step.index === index ? step.startUs : null };
  });
  const endUs = steps[index]?.startUs ?? 0;
  const before = <Line extends { readonly t: number }>(lines: readonly Line[]): Line[] => lines.filter((line) => line.t < endUs);
  return {
    ...record,
    run: { ...record.run, steps, ended: null },
    series: before(record.series),
    vitals: before(record.vitals),
    events: before(record.events),
  };
}

/** With a step's tally changed. */
export function withTally(record: RunRecord, index: number, change: Partial<NonNullable<StepRecord["tally"]>>): RunRecord {
  const steps = record.run.steps.map((step) =>
    step.index === index && step.tally !== null ? Object.assign({}, step, { tally: { ...step.tally, ...change } }) : step,
  );
  return { ...record, run: { ...record.run, steps } };
}
