import type { Fault } from "../model/fault.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Phase, Progress } from "../model/progress.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { Purpose } from "../model/tags.ts";
import { serverTimingSignal, signals, type VitalSample } from "../model/vitals.ts";
import type { RunRecorder } from "../record/recorder.ts";
import { formatCount } from "../model/units.ts";
import type { JourneyTrouble } from "./journey-troubles.ts";
import type { FromLanes, FromWorker, TakenUp, WorkerSecond } from "./messages.ts";
import { RunGuard } from "./run-guard.ts";
import { type MergedSecond, SecondMerger } from "./seconds.ts";

export interface MonitorOptions {
  readonly plan: RunPlan;
  readonly recorder: RunRecorder;
  readonly nowUs: () => number;
  readonly onProgress: (progress: Progress) => void;
  /** The record can no longer be written, or a safety rule stops the run. */
  readonly failed: (fault: Fault) => void;
}

/** Listens to the threads of a run: files what they report and tells the person at the terminal. */
export class Monitor {
  phase: Phase = "prepare";
  step: StepPlan | null = null;
  readonly #options: MonitorOptions;
  readonly #merger: SecondMerger;
  readonly #workerTotals = new Map<number, WorkerSecond["totals"]>();
  readonly #takenUp = new Map<number, TakenUp>();
  readonly #prepared = new Map<number, number>();
  readonly #warned = new Set<string>();
  readonly #guard: RunGuard;
  /** Once it is over, what is still filed stops nothing. */
  #isOver = false;
  #laneTotals: PurposeTotals = { sent: 0, ok: 0 };
  #errorsTotal = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#guard = new RunGuard(options.plan);
    this.#merger = new SecondMerger(options.plan.workers, (merged) => this.#record(merged));
  }

  hear(message: FromWorker): void {
    if (message.type === "second") {
      this.#workerTotals.set(message.second.worker, message.second.totals);
      this.#merger.add(message.second);
    }
    if (message.type === "taken-up") this.#takenUp.set(message.takenUp.worker, message.takenUp);
    if (message.type === "sample") this.#options.recorder.sample(message.sample);
    if (message.type === "journey-trouble") this.#warn(message.trouble);
    if (message.type === "preparing") this.#prepared.set(message.worker, message.done);
  }

  lanes(message: Extract<FromLanes, { type: "round" }>): void {
    this.#laneTotals = message.totals;
    this.#merger.lanes(Math.floor(message.round.t / 1_000_000), message.round);
  }

  /** Once for each function of a journey, whichever thread it threw in. */
  #warn({ journey, what, text }: JourneyTrouble): void {
    const { recorder, nowUs } = this.#options;
    const where = `${what} of the journey ${journey}`;
    if (this.#warned.has(where)) return;
    this.#warned.add(where);
    recorder.event({ t: nowUs(), event: "warning", text: `${where} failed, and may have again (journey:${journey}): ${text}` });
  }

  /** A vital sample, which a safety rule may be waiting for. */
  vital(sample: VitalSample): void {
    const { recorder, nowUs } = this.#options;
    this.#stopFor(this.#guard.vital(sample));
    for (const rule of this.#guard.blindRules(sample)) {
      const text = `"${rule}" of safety.abort watches a metric that is not on the metrics page: it stops nothing`;
      recorder.event({ t: Math.round(nowUs()), event: "warning", text });
    }
  }

  #stopFor(fault: Fault | null): void {
    if (fault === null || this.#isOver) return;
    this.#isOver = true;
    const { recorder, nowUs, failed } = this.#options;
    recorder.event({ t: Math.round(nowUs()), event: "abort", reason: fault.message });
    failed(fault);
  }

  /** Files the seconds that were still waiting for a thread, when the load is over. */
  flush(): void {
    this.#isOver = true;
    this.#merger.flush();
  }

  /** Requests sent and answered well so far, by purpose. */
  totals(): Partial<Record<Purpose, PurposeTotals>> {
    const sum: Partial<Record<Purpose, PurposeTotals>> = this.#laneTotals.sent > 0 ? { lane: this.#laneTotals } : {};
    for (const totals of this.#workerTotals.values()) {
      for (const [purpose, more] of Object.entries(totals) as [Purpose, PurposeTotals][]) {
        const before = sum[purpose] ?? { sent: 0, ok: 0 };
        sum[purpose] = { sent: before.sent + more.sent, ok: before.ok + more.ok };
      }
    }
    return sum;
  }

  /** Attempts taken up, by operation. No attempt before `untilUs`, microseconds since the run's start, is missing. */
  takenUp(): { readonly untilUs: number; readonly requests: Readonly<Record<string, number>> } {
    const { plan } = this.#options;
    const reports = [...this.#takenUp.values()];
    const untilUs = reports.length < plan.workers ? 0 : Math.min(...reports.map((report) => report.untilUs));
    const sumOf = (at: number): number => reports.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0);
    return { untilUs, requests: Object.fromEntries(plan.operations.map(({ name }, at) => [name, sumOf(at)])) };
  }

  #record(merged: MergedSecond): void {
    const { recorder, plan, failed } = this.#options;
    const point = { ...merged.point, step: stepAt(recorder, merged.point.t) };
    this.#errorsTotal += point.failed + point.rejected;
    recorder.second(point);
    for (const sample of [...generatorVitals(merged), ...serverTimingVitals(merged, plan)]) recorder.vital(sample);
    if (merged.response.count > 0) recorder.histogram("second", point.t, point.t + 1_000_000, merged.response);
    try {
      recorder.flush();
    } catch (thrown) {
      failed(thrown as Fault);
    }
    this.#stopFor(this.#guard.second(merged));
    this.#options.onProgress(this.#progress(merged));
  }

  #progress(merged: MergedSecond): Progress {
    const { plan, nowUs } = this.#options;
    const { point } = merged;
    const planned = plan.steps.reduce((sum, step) => sum + step.holdUs, 0);
    const before = plan.steps.slice(0, this.step?.index ?? 0).reduce((sum, step) => sum + step.holdUs, 0);
    const startUs = this.#options.recorder.run.steps[this.step?.index ?? 0]?.startUs ?? nowUs();
    return {
      phase: this.phase,
      note: this.phase === "prepare" ? this.#prepareNote() : null,
      step:
        this.step === null
          ? null
          : { role: this.step.role, multiple: this.step.multiple, number: this.step.index + 1, of: plan.steps.length },
      duePerSec: point.due,
      sentPerSec: point.sent,
      retriesPerSec: point.retries ?? 0,
      okPerSec: point.ok,
      errorsPerSec: point.failed + point.rejected,
      errorsTotal: this.#errorsTotal,
      p50Us: point.p50,
      p99Us: point.p99,
      lagP99Us: point.lagP99,
      inFlight: point.inFlight,
      elapsedUs:
        this.step === null ? before : Math.min(planned, before + Math.max(0, Math.min(nowUs() - startUs, this.step.holdUs))),
      totalUs: planned,
    };
  }

  #prepareNote(): string | null {
    const { prepare } = this.#options.plan;
    const done = [...this.#prepared.values()].reduce((sum, count) => sum + count, 0);
    return prepare === null ? null : `${formatCount(done)} of ${formatCount(prepare.count)} ${prepare.create} rows`;
  }
}

/** The step in whose hold a second begins; -1 between steps. */
function stepAt(recorder: RunRecorder, t: number): number {
  const middle = t + 500_000;
  const step = recorder.run.steps.find(
    ({ startUs, holdUs }) => startUs !== null && middle >= startUs && middle < startUs + holdUs,
  );
  return step?.index ?? -1;
}

function generatorVitals({ point, workers }: MergedSecond): VitalSample[] {
  return workers.map(({ worker, eventLoopShare }) => {
    return { t: point.t, source: `generator/worker-${worker}`, signal: signals.eventLoopShare, value: eventLoopShare };
  });
}

/** Means over all workers, weighted by how many replies each mean stands for. */
function serverTimingVitals({ point, workers }: MergedSecond, plan: RunPlan): VitalSample[] {
  const sums = new Map<string, { source: string; entry: string; sumUs: number; count: number }>();
  for (const { operation, entry, meanUs, count } of workers.flatMap((worker) => worker.serverTiming)) {
    const source = `operation/${plan.operations[operation]?.name ?? "?"}`;
    const key = `${source} ${entry}`;
    const sum = sums.get(key) ?? { source, entry, sumUs: 0, count: 0 };
    sums.set(key, { ...sum, sumUs: sum.sumUs + meanUs * count, count: sum.count + count });
  }
  return [...sums.values()].flatMap(({ source, entry, sumUs, count }) => [
    { t: point.t, source, signal: serverTimingSignal(entry, "mean.us"), value: Math.round(sumUs / count) },
    { t: point.t, source, signal: serverTimingSignal(entry, "count"), value: count },
  ]);
}
