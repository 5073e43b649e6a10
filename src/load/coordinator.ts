import { Worker } from "node:worker_threads";
import { join } from "node:path";
import { Fault, messageOf } from "../model/fault.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Progress } from "../model/progress.ts";
import type { PurposeTotals, RunEnd, Tally } from "../model/run.ts";
import type { Purpose } from "../model/tags.ts";
import type { VitalSample } from "../model/vitals.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";
import { journalFile } from "../record/files.ts";
import type { WrittenReport } from "../read-back/sampled-write.ts";
import type { RunRecorder } from "../record/recorder.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LaneWatch } from "./lane-watch.ts";
import type { FromLanes, LanesInput } from "./messages.ts";
import { Monitor } from "./monitor.ts";
import { StepBook } from "./step-book.ts";
import { Team, threadEntry } from "./team.ts";

/** From telling the threads to the first arrival: long enough for every thread to have made and journaled its first second. */
const stepLeadUs = 300_000;
/** Beyond its hold and its deadline a step may take this much longer, for a machine that is short of time; then a thread hangs. */
const stepSlackMs = 30_000;
/** Longest wait for the lanes' baseline: three rounds take one second; a target that answers none of them has none. */
const baselineMs = 5_000;
/** Longest wait for the lanes to come back to their baseline after a step (design section 4). */
const lanesSettleMs = 15_000;

export interface DriveOptions {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly recorder: RunRecorder;
  /** `monotonicUs()` at the run's start. */
  readonly startedUs: number;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** What the scenario's `setup` returned: goes to the threads and nowhere else. */
  readonly setup: unknown;
  /** Aborted by the first Ctrl-C, with a sentence for its reason; or by what must stop the run, with a Fault. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Told when a thread of ours has started, so that its CPU can be sampled: `worker-0`, `lanes`. */
  readonly onThread: (name: string, threadId: number) => void;
  /** Told of accepted writes that were chosen to be read back. */
  readonly onWritten: (written: WrittenReport) => void;
}

/** Drives a run's load from its first step to its last and keeps the record while it does. */
export class Coordinator {
  readonly #options: DriveOptions;
  readonly #steps: StepBook;
  readonly #monitor: Monitor;
  readonly #watch = new LaneWatch();
  readonly #heartbeat = new Heartbeat();
  readonly #taken = new ScheduleHash();
  /** Rejects when the run must not go on: Ctrl-C, a disk that refuses. */
  readonly #halted: Promise<never>;
  #halt: (why: unknown) => void = () => undefined;
  #team: Team | null = null;
  #laneThread: Worker | null = null;

  constructor(options: DriveOptions) {
    this.#options = options;
    this.#halted = new Promise<never>((_, reject) => (this.#halt = reject));
    this.#halted.catch(() => undefined);
    options.signal.addEventListener("abort", () => this.#halt(options.signal.reason), { once: true });
    this.#steps = new StepBook(options.recorder);
    this.#monitor = new Monitor({ ...options, failed: (fault) => this.#halt(fault) });
  }

  /**
   * Starts the threads, prepares, holds every step, and stops. Resolves when the load finished or was interrupted; rejects with a
   * Fault where the record or a thread failed. Either way the load has stopped and the journals are closed.
   */
  async run(): Promise<RunEnd> {
    const { plan, signal, nowUs } = this.#options;
    try {
      signal.throwIfAborted();
      await this.#start();
      await this.#prepare();
      for (const chain of chainsOf(plan.steps)) await this.#holdAll(chain);
      return { atUs: nowUs(), how: "finished", reason: null, fault: null };
    } catch (thrown) {
      if (!signal.aborted || signal.reason instanceof Fault) throw thrown;
      return { atUs: nowUs(), how: "interrupted", reason: String(signal.reason), fault: null };
    } finally {
      await this.#stop();
    }
  }

  /** Requests sent and answered well so far, by purpose. */
  totals(): Partial<Record<Purpose, PurposeTotals>> {
    return this.#monitor.totals();
  }

  /** Attempts taken up so far, by operation: none before `untilUs` is missing. */
  takenUp(): ReturnType<Monitor["takenUp"]> {
    return this.#monitor.takenUp();
  }

  /** A vital sample of the run, which a safety rule may be waiting for. */
  vital(sample: VitalSample): void {
    this.#monitor.vital(sample);
  }

  /** Hash over what the threads took up; equals the schedule's after a finished run. */
  takenHash(): string {
    return this.#taken.digest();
  }

  async #start(): Promise<void> {
    const { plan, runId, startedUs, recorder, setup, onThread, onWritten } = this.#options;
    const heartbeat = this.#heartbeat.memory;
    const { perOperation } = recorder.run.schedule;
    const inputs = Array.from({ length: plan.workers }, (_, worker) => {
      return {
        plan,
        runId,
        worker,
        startedUs,
        journalPath: join(recorder.dir, journalFile(worker)),
        setup,
        perOperation,
        heartbeat,
      };
    });
    this.#team = new Team(inputs, (message) => {
      if (message.type === "written") onWritten(message.written);
      else this.#monitor.hear(message);
    });
    this.#team.failed.catch((fault: unknown) => this.#halt(fault));
    if (plan.lanes !== null) this.#laneThread = this.#startLanes(plan.lanes.trivial);
    const ready = await this.#unlessHalted(this.#team.ready());
    for (const { worker, threadId } of ready) if (threadId !== null) onThread(`worker-${worker}`, threadId);
    if (this.#laneThread !== null) await this.#within(baselineMs, this.#watch.baseline());
  }

  #startLanes(path: string): Worker {
    const { plan, runId, startedUs, onThread, recorder, nowUs } = this.#options;
    const workerData: LanesInput = { target: plan.target, network: plan.connections, path, runId, tags: plan.tags, startedUs };
    const thread = new Worker(threadEntry("lanes"), { workerData, name: "lanes" });
    thread.on("error", (error) =>
      recorder.event({ t: nowUs(), event: "warning", text: `the lanes stopped: ${messageOf(error)}` }),
    );
    thread.on("message", (message: FromLanes) => {
      if (message.type === "ready") {
        if (message.threadId !== null) onThread("lanes", message.threadId);
        return;
      }
      this.#watch.round(message.round);
      this.#monitor.lanes(message);
    });
    return thread;
  }

  async #prepare(): Promise<void> {
    const { plan, recorder, nowUs } = this.#options;
    if (plan.prepare === null || this.#team === null) return;
    const { count, create } = plan.prepare;
    recorder.event({ t: nowUs(), event: "prepare-start", count });
    const parts = await this.#unlessHalted(this.#team.prepare());
    recorder.event({ t: nowUs(), event: "prepare-end", count });
    const failed = parts.reduce((sum, part) => sum + part.failed, 0);
    if (failed === 0) return;
    const errors = parts.flatMap((part) => Object.entries(part.errors)).map(([key, times]) => `${times} x ${key}`);
    throw new Fault("unreachable", `prepare failed: ${failed} of ${count} "${create}" requests were not accepted`, {
      received: errors.slice(0, 3).join(", "),
      expected: "every row that the reads need",
      fix: `"peakproof try" shows one "${create}" request and its reply`,
    });
  }

  /**
   * Holds steps that follow one another without a pause. The threads are told of all of them at once, so that each begins at the very
   * instant at which the one before it ends, whatever keeps this thread busy then.
   */
  async #holdAll(chain: readonly StepPlan[]): Promise<void> {
    const { nowUs, recorder } = this.#options;
    let startUs = Math.round(nowUs() + stepLeadUs);
    const held = chain.map((step) => {
      const heldFrom = startUs;
      startUs += step.holdUs;
      return this.#hold(step, heldFrom);
    });
    await Promise.all(held);
    recorder.update({ totals: this.totals() });
    this.#monitor.phase = "drain";
    const lanesSettled = await this.#lanesCalm();
    const last = chain.at(-1);
    if (last !== undefined) this.#steps.drained(last.index, nowUs(), lanesSettled);
  }

  async #hold(step: StepPlan, startUs: number): Promise<void> {
    const { nowUs, plan } = this.#options;
    if (this.#team === null) return;
    const limitMs = (startUs - nowUs() + step.holdUs + plan.connections.deadlineUs) / 1_000 + stepSlackMs;
    const done = this.#unlessHalted(this.#team.step(step.index, startUs, limitMs));
    const [parts] = await Promise.all([done, this.#begin(step, startUs)]);
    for (const part of parts) this.#taken.merge(part.schedule);
    const tally = this.#steps.done(step.index, parts);
    if (plan.steps[step.index + 1]?.follows === true) this.#steps.drained(step.index, nowUs(), null);
    // A ramp may begin with so few requests that their failures say nothing yet.
    if (step.role !== "ramp" && tally.due > 0 && tally.done === 0) throw deafTarget(step, tally);
  }

  /** Files the beginning of a step: ahead for the first one of a chain, and for those that follow when they begin. */
  async #begin(step: StepPlan, startUs: number): Promise<void> {
    if (step.follows === true) await this.#unlessHalted(this.#until(startUs));
    this.#monitor.step = step;
    this.#monitor.phase = "load";
    this.#steps.begin(step.index, startUs);
  }

  /** Resolves at an instant of the run. */
  #until(atUs: number): Promise<void> {
    return new Promise((resolve) => {
      // A run that is stopped never awaits it, and must not wait for the timer either.
      setTimeout(resolve, Math.max(0, (atUs - this.#options.nowUs()) / 1_000)).unref();
    });
  }

  async #lanesCalm(): Promise<boolean> {
    if (this.#laneThread === null) return true;
    return this.#within(lanesSettleMs, this.#watch.calm());
  }

  /** Whether something came in time; rejects when the run is halted. */
  async #within(limitMs: number, promise: Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)));
    return this.#unlessHalted(Promise.race([promise.then(() => true), late])).finally(() => clearTimeout(timer));
  }

  async #stop(): Promise<void> {
    const { recorder, nowUs } = this.#options;
    const warn = (thrown: unknown): void => recorder.event({ t: nowUs(), event: "warning", text: String(thrown) });
    await this.#team?.stop().catch(warn);
    await this.#team?.close();
    await this.#laneThread?.terminate();
    this.#heartbeat[Symbol.dispose]();
    this.#monitor.flush();
  }

  #unlessHalted<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#halted]);
  }
}

/** Steps that follow one another, together. */
function chainsOf(steps: readonly StepPlan[]): StepPlan[][] {
  const chains: StepPlan[][] = [];
  for (const step of steps) {
    const chain = step.follows === true ? chains.at(-1) : undefined;
    if (chain === undefined) chains.push([step]);
    else chain.push(step);
  }
  return chains;
}

/** A whole step without a reply: more load would say nothing more, and the person waiting should know. */
function deafTarget({ multiple, ratePerSec }: StepPlan, { due, errors }: Tally): Fault {
  const [key = "no reply", count = due] = Object.entries(errors).toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return new Fault(
    "unreachable",
    `the target gave no valid answer to any of the ${due} requests at ${multiple}x (${ratePerSec}/s)`,
    {
      received: `${count} x ${key}`,
      expected: "replies, whatever their status",
      fix: key.startsWith("tls:")
        ? 'connections: { tls: { ca: "./ca.pem" } } where its certificate is by an authority of your own; --insecure verifies nothing'
        : '"peakproof try" shows single requests and their replies; is the target still running?',
    },
  );
}
