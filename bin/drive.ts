import { join } from "node:path";
import { Coordinator } from "../src/load/coordinator.ts";
import { monotonicUs } from "../src/measure/clock.ts";
import { Fault, messageOf } from "../src/model/fault.ts";
import type { RunPlan } from "../src/model/plan.ts";
import type { Progress } from "../src/model/progress.ts";
import { runSchema, type RunEnd, type RunFile } from "../src/model/run.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import type { VitalSample } from "../src/model/vitals.ts";
import { RunRecorder } from "../src/record/recorder.ts";
import { tryRunLease, type RunLease } from "../src/record/run-lease.ts";
import type { DiskTrouble } from "../src/record/trouble.ts";
import { newRunId } from "../src/record/run-id.ts";
import { watchedMetrics } from "../src/safety/abort-rules.ts";
import { probeTargets } from "../src/safety/reachable.ts";
import { redact, redactFault, redactVariables } from "../src/safety/redact.ts";
import { refuseOverBudget } from "../src/third-party/projection.ts";
import { VitalsSampler } from "../src/vitals/sampler.ts";
import { findTargetProcesses, loopbackPort } from "../src/vitals/target-processes.ts";
import { version } from "../src/version.ts";
import { adminNetwork } from "../src/wire/agent-connect.ts";
import { BesideLoad } from "./beside-load.ts";
import { calibrateGenerator } from "./calibrate.ts";
import { shakeHands } from "./handshake.ts";
import { gitRevision, machineFacts } from "./machine.ts";
import { Reading } from "./read-back.ts";
import { setUp, writesAnything, type Prepared } from "./preflight.ts";
import { beginWithBaseline } from "./sweep-run.ts";

export interface DriveOptions {
  readonly out: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Stops the load. Its reason is a sentence, or a Fault where a safety rule and not a person stops it. */
  readonly signal: AbortSignal;
  /** Stops the removal of canaries. */
  readonly cleanupSignal: AbortSignal;
  readonly disk: DiskTrouble;
  /** False for `--no-cleanup`: the baseline is not needed then. */
  readonly cleanup: boolean;
  /** False for `--no-calibration`. */
  readonly calibration: boolean;
  readonly onProgress: (progress: Progress) => void;
  /** What the person at the terminal should know before the load. */
  readonly say: (text: string) => void;
}

/** A run whose load is over, however it ended. */
export interface Driven {
  readonly dir: string;
  /** `run.json` as it is known here, which the disk may have refused. */
  readonly run: RunFile;
  /** What broke the load off; null where nothing did. */
  readonly fault: Fault | null;
  /** What the scenario's `setup` returned. It is kept in no file. */
  readonly setup: unknown;
  /** To be held until the run's own cleanup is over; null where the disk refused it. */
  readonly lease: RunLease | null;
}

/**
 * From the first look at the target to the end of the load: the run directory is complete but for what is judged from it. Throws a
 * Fault only before the record exists; what goes wrong later is in the record, in `fault` and in `disk`.
 */
export async function drive(prepared: Prepared, options: DriveOptions): Promise<Driven> {
  const { plan, scenario } = prepared;
  refuseOverBudget(plan, scenario.input.operations);
  await probeTargets(plan);
  const run = firstRunFile(prepared, newRunId(), options.labels);
  const { runId } = run;
  const startedUs = monotonicUs();
  const nowUs = (): number => monotonicUs() - startedUs;
  const recorder = await openRecord(prepared, run, options);
  const lease = tryRunLease(recorder.dir, "run", options.disk);
  const threads = new Map<string, number>([["main", process.pid]]);
  const beside = new BesideLoad({ plan, recorder, nowUs, say: options.say });
  const reading = new Reading(prepared, { ...options, recorder, nowUs });
  let coordinator: Coordinator | null = null;
  const sampler = samplerOf(prepared, recorder, { threads, nowUs, heard: (sample) => coordinator?.vital(sample) });
  let ended: RunEnd;
  let fault: Fault | null = null;
  let setup: unknown;
  try {
    setup = await setUp(prepared, runId, options.signal);
    await shakeHands(prepared, { ...options, recorder, setup });
    if (options.calibration) await tryGenerator(prepared, setup, recorder, { ...options, nowUs });
    sampler.start();
    reading.begin(setup);
    const driving = (coordinator = new Coordinator({
      plan,
      runId,
      recorder,
      startedUs,
      nowUs,
      setup,
      signal: AbortSignal.any([options.signal, beside.signal]),
      onProgress: options.onProgress,
      onThread: (name, threadId) => threads.set(name, threadId),
      onWritten: (written) => reading.heard(written),
    }));
    // Canaries have ended and are removed: what they made third parties do is over before a call is counted against the load.
    await beside.begin(() => driving.takenUp());
    ended = await coordinator.run();
  } catch (thrown) {
    const interrupted = coordinator === null && options.signal.aborted && !(options.signal.reason instanceof Fault);
    fault = interrupted ? null : redactFault(asFault(thrown));
    ended = brokenOff(nowUs(), fault, options.signal);
  }
  await beside.end();
  ended = await reading.finish(ended);
  if (fault !== null && options.signal.reason instanceof Fault) noteAbort(recorder, ended, options.disk);
  await sampler.stop();
  closeRecord(recorder, coordinator, { ended, totals: reading.added(coordinator?.totals() ?? {}) }, options.disk);
  return { dir: recorder.dir, run: recorder.run, fault, setup, lease };
}

/** Begins the record; where the run will be swept, with what is there before it. */
async function openRecord(prepared: Prepared, run: RunFile, { out, cleanup, signal }: DriveOptions): Promise<RunRecorder> {
  const dir = join(out, run.runId);
  return cleanup && writesAnything(prepared) ? await beginWithBaseline(dir, run, signal) : new RunRecorder(dir, run);
}

/** The end of a run by a fault or, where it is null, by what the signal says. */
function brokenOff(atUs: number, fault: Fault | null, signal: AbortSignal): RunEnd {
  return fault === null
    ? { atUs, how: "interrupted", reason: String(signal.reason), fault: null }
    : { atUs, how: "aborted", reason: fault.message, fault: fault.kind };
}

/** What stopped the run from outside the load stands among its events, as what stopped it from within does. */
function noteAbort(recorder: RunRecorder, { atUs, reason }: RunEnd, disk: DiskTrouble): void {
  disk.attempt(() => recorder.event({ t: Math.round(atUs), event: "abort", reason: reason ?? "" }));
}

/** Tries the generator before the load, and puts what it can do into the record. Never fails a run. */
async function tryGenerator(
  prepared: Prepared,
  setup: unknown,
  recorder: RunRecorder,
  options: DriveOptions & { readonly nowUs: () => number },
): Promise<void> {
  const { calibration, warnings } = await calibrateGenerator(prepared, setup, recorder.run.machine, options);
  if (calibration !== null) recorder.update({ calibration });
  for (const text of warnings) {
    recorder.event({ t: Math.round(options.nowUs()), event: "warning", text });
    options.say(`warning: ${redact(text)}`);
  }
}

function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault("internal", messageOf(thrown), {}, { cause: thrown });
}

/** `run.json` as it is before anything was sent. */
export function firstRunFile({ plan, totals }: Prepared, runId: string, labels: Readonly<Record<string, string>>): RunFile {
  return {
    schema: runSchema,
    runId,
    version,
    plan: writtenPlan(plan),
    schedule: totals,
    labels: redactVariables(labels),
    gitRevision: gitRevision(),
    machine: machineFacts(),
    pid: process.pid,
    startedAt: new Date().toISOString(),
    clockOffsetUs: {},
    target: findTargetProcesses(whereToLook(plan)),
    steps: plan.steps.map((step) => ({ ...step, startUs: null, endUs: null, drainedUs: null, tally: null })),
    totals: {},
    validity: null,
    ended: null,
  };
}

/** A plan as it may be written down: paths that are only asked during the run may have a token in them. */
function writtenPlan({ lanes, observe, variables, ...plan }: RunPlan): RunPlan {
  const { prometheus } = observe;
  return {
    ...plan,
    lanes: lanes === null ? null : { ...lanes, trivial: redact(lanes.trivial) },
    observe: { ...observe, prometheus: prometheus === null ? null : redact(prometheus) },
    variables: redactVariables(variables),
  };
}

/** By which the target's processes are found: their ids, or the port of a target on this machine. */
function whereToLook({ target, observe }: RunPlan): { readonly pids: readonly number[]; readonly port?: number } {
  const port = loopbackPort(target);
  return { pids: observe.pids, ...(port === undefined ? {} : { port }) };
}

interface SamplerParts {
  readonly threads: ReadonlyMap<string, number>;
  readonly nowUs: () => number;
  /** Told of each sample. */
  readonly heard: (sample: VitalSample) => void;
}

function samplerOf({ plan }: Prepared, recorder: RunRecorder, { threads, nowUs, heard }: SamplerParts): VitalsSampler {
  const { runId } = recorder.run;
  return new VitalsSampler({
    ...whereToLook(plan),
    scrapeUrl: plan.observe.prometheus === null ? null : new URL(plan.observe.prometheus, plan.admin).href,
    network: adminNetwork(plan),
    watchedMetrics: watchedMetrics(plan),
    tags: ownTagHeaders(runId, "probe", 0, version, plan.tags),
    generatorThreads: () => threads,
    nowUs,
    emit: (sample) => {
      recorder.vital(sample);
      heard(sample);
    },
    process: (facts) => recorder.event({ t: Math.round(nowUs()), event: "process", process: facts }),
    warn: (text) => recorder.event({ t: Math.round(nowUs()), event: "warning", text }),
  });
}

/** Writes the run's end. A disk that refuses now is noted: what was written before stands. */
function closeRecord(
  recorder: RunRecorder,
  coordinator: Coordinator | null,
  end: { readonly ended: RunEnd; readonly totals: RunFile["totals"] },
  disk: DiskTrouble,
): void {
  const { ended } = end;
  if (ended.how === "finished" && coordinator?.takenHash() !== recorder.run.schedule.hash) {
    recorder.event({
      t: ended.atUs,
      event: "warning",
      text: "what was taken up differs from the schedule: please report this",
    });
  }
  disk.attempt(() => recorder.update(end));
  disk.attempt(() => recorder.close());
}
