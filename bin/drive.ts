import { join } from "node:path";
import { readBaseline } from "../cleanup/index.ts";
import { Coordinator } from "../src/load/coordinator.ts";
import { monotonicUs } from "../src/measure/clock.ts";
import { cleanupSchema, type CleanupFile, type SyntheticState } from "../src/model/cleanup.ts";
import { Fault, messageOf } from "../src/model/fault.ts";
import type { RunPlan } from "../src/model/plan.ts";
import type { Progress } from "../src/model/progress.ts";
import { runSchema, type RunEnd, type RunFile } from "../src/model/run.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import { recordFiles, writeJson } from "../src/record/files.ts";
import { RunRecorder } from "../src/record/recorder.ts";
import type { DiskTrouble } from "../src/record/trouble.ts";
import { newRunId } from "../src/record/run-id.ts";
import { probeTargets } from "../src/safety/reachable.ts";
import { redact, redactFault, redactVariables } from "../src/safety/redact.ts";
import { VitalsSampler } from "../src/vitals/sampler.ts";
import { findTargetProcesses, loopbackPort } from "../src/vitals/target-processes.ts";
import { version } from "../src/version.ts";
import { adminNetwork } from "../src/wire/agent-connect.ts";
import { calibrateGenerator } from "./calibrate.ts";
import { gitRevision, machineFacts } from "./machine.ts";
import { setUp, writesAnything, type Prepared } from "./preflight.ts";

export interface DriveOptions {
  readonly out: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
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
}

/**
 * From the first look at the target to the end of the load: the run directory is complete but for what is judged from it. Throws a
 * Fault only before the record exists; what goes wrong later is in the record, in `fault` and in `disk`.
 */
export async function drive(prepared: Prepared, options: DriveOptions): Promise<Driven> {
  const { plan } = prepared;
  await probeTargets(plan);
  const run = firstRunFile(prepared, newRunId(), options.labels);
  const { runId } = run;
  const baseline =
    options.cleanup && writesAnything(prepared)
      ? await readBaseline({ run, token: prepared.token, signal: options.signal })
      : null;
  const startedUs = monotonicUs();
  const nowUs = (): number => monotonicUs() - startedUs;
  const recorder = beginRecord(join(options.out, runId), run, baseline);
  const threads = new Map<string, number>([["main", process.pid]]);
  const sampler = samplerOf(prepared, recorder, threads, nowUs);
  let coordinator: Coordinator | null = null;
  let ended: RunEnd;
  let fault: Fault | null = null;
  let setup: unknown;
  try {
    setup = await setUp(prepared, runId, options.signal);
    if (options.calibration) await tryGenerator(prepared, setup, recorder, { ...options, nowUs });
    sampler.start();
    coordinator = new Coordinator({
      plan,
      runId,
      recorder,
      startedUs,
      nowUs,
      setup,
      signal: options.signal,
      onProgress: options.onProgress,
      onThread: (name, threadId) => threads.set(name, threadId),
    });
    ended = await coordinator.run();
  } catch (thrown) {
    const interrupted = coordinator === null && options.signal.aborted;
    fault = interrupted ? null : redactFault(asFault(thrown));
    ended =
      fault === null
        ? { atUs: nowUs(), how: "interrupted", reason: String(options.signal.reason), fault: null }
        : { atUs: nowUs(), how: "aborted", reason: fault.message, fault: fault.kind };
  }
  await sampler.stop();
  closeRecord(recorder, coordinator, ended, options.disk);
  return { dir: recorder.dir, run: recorder.run, fault, setup };
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

/** Creates a run folder with what must be on disk before the first write: the plan, and the store as it was. */
export function beginRecord(dir: string, run: RunFile, baseline: SyntheticState | null): RunRecorder {
  const recorder = new RunRecorder(dir, run);
  if (baseline !== null) {
    const file: CleanupFile = { schema: cleanupSchema, runId: run.runId, baseline, entries: [] };
    writeJson(join(dir, recordFiles.cleanup), file);
  }
  return recorder;
}

/** `run.json` as it is before anything was sent. */
export function firstRunFile({ plan, totals }: Prepared, runId: string, labels: Readonly<Record<string, string>>): RunFile {
  return {
    schema: runSchema,
    runId,
    version,
    plan: { ...plan, variables: redactVariables(plan.variables) },
    schedule: totals,
    labels,
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

/** By which the target's processes are found: their ids, or the port of a target on this machine. */
function whereToLook({ target, observe }: RunPlan): { readonly pids: readonly number[]; readonly port?: number } {
  const port = loopbackPort(target);
  return { pids: observe.pids, ...(port === undefined ? {} : { port }) };
}

function samplerOf(
  { plan }: Prepared,
  recorder: RunRecorder,
  threads: ReadonlyMap<string, number>,
  nowUs: () => number,
): VitalsSampler {
  const { runId } = recorder.run;
  return new VitalsSampler({
    ...whereToLook(plan),
    scrapeUrl: plan.observe.prometheus === null ? null : new URL(plan.observe.prometheus, plan.admin).href,
    network: adminNetwork(plan),
    tags: ownTagHeaders(runId, "probe", 0, version),
    generatorThreads: () => threads,
    nowUs,
    emit: (sample) => recorder.vital(sample),
    process: (facts) => recorder.event({ t: Math.round(nowUs()), event: "process", process: facts }),
    warn: (text) => recorder.event({ t: Math.round(nowUs()), event: "warning", text }),
  });
}

/** Writes the run's end. A disk that refuses now is noted: what was written before stands. */
function closeRecord(recorder: RunRecorder, coordinator: Coordinator | null, ended: RunEnd, disk: DiskTrouble): void {
  if (ended.how === "finished" && coordinator?.takenHash() !== recorder.run.schedule.hash) {
    recorder.event({
      t: ended.atUs,
      event: "warning",
      text: "what was taken up differs from the schedule: please report this",
    });
  }
  disk.attempt(() => recorder.update({ ended, totals: coordinator?.totals() ?? {} }));
  disk.attempt(() => recorder.close());
}
