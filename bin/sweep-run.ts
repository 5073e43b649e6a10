import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  cleanUp,
  describeProgress,
  mostUntaggedRows,
  readBaseline,
  resolveSecrets,
  type Baseline,
  type CallOptions,
  type JournalAccess,
} from "../cleanup/index.ts";
import { cleanupSchema, type CleanupEntry, type CleanupFile } from "../src/model/cleanup.ts";
import type { Traces } from "../src/model/record.ts";
import type { RunFile } from "../src/model/run.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";
import { recordFiles, setAside, writeJson } from "../src/record/files.ts";
import { journalAccess } from "../src/record/journal-reader.ts";
import { readCleanup } from "../src/record/reader.ts";
import { RunRecorder } from "../src/record/recorder.ts";
import type { DiskTrouble } from "../src/record/trouble.ts";
import { keepUntaggedRows, shareUntaggedRows, untaggedRowsThen } from "../src/record/untagged-rows.ts";
import { scenarioThatRan } from "./recorded-scenario.ts";

export interface SweepOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** The scenario of the run, where the one that its record names is not simply to be loaded. */
  readonly scenario?: () => Promise<ScenarioInput>;
  /** For a sweep beside others: as `cleanUp` has it. */
  readonly together?: () => Promise<void>;
}

/**
 * Sweeps what a run left and verifies; the entry goes into `cleanup.json`, unless it is a dry run's. It stands there, as one that was cut
 * off, from before the first delete on. A `cleanup.json` that could not be read is set aside, not written over: it holds proofs.
 */
export async function sweepRun(record: Traces, options: SweepOptions, disk: DiskTrouble): Promise<CleanupFile> {
  const { dir, run, journal, problems } = record;
  // Whoever swept it since the record was read has left an entry, too.
  const onDisk = (): CleanupFile | null => readCleanup(dir) ?? record.cleanup;
  const baseline = record.cleanup?.baseline ?? null;
  let kept: string | null = null;
  const fileWith = (entry: CleanupEntry): CleanupFile => {
    const others = (onDisk()?.entries ?? []).filter(({ at }) => at !== kept);
    return { schema: cleanupSchema, runId: run.runId, baseline, entries: [...others, entry] };
  };
  if (!options.dryRun && problems.some(({ file }) => file === recordFiles.cleanup))
    disk.attempt(() => setAside(join(dir, recordFiles.cleanup)));
  let file: CleanupFile | null = null;
  const keep = (entry: CleanupEntry): void => {
    const written = (file = fileWith(entry));
    disk.attempt(() => {
      writeJson(join(dir, recordFiles.cleanup), written);
      kept = entry.at;
    });
  };
  const entry = await cleanUp({
    ...accessTo(run, dir, options.signal),
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
    totals: journal,
    baseline,
    earlier: onDisk()?.entries ?? [],
    untaggedThen: (store) => untaggedRowsThen(dir, store),
    dryRun: options.dryRun,
    onUnfinished: keep,
    onProgress: (progress) => options.onProgress(describeProgress(progress)),
    ...(options.together === undefined ? {} : { together: options.together }),
  });
  if (!options.dryRun) keep(entry);
  return file ?? fileWith(entry);
}

/**
 * Creates a run folder with what must be on disk before the first write: the plan, and the stores as they were (`cleanup.json`, and the
 * untagged rows of those that can list them). Nothing stays behind where a store cannot be asked: then it rejects with a Fault.
 */
export async function beginWithBaseline(dir: string, run: RunFile, signal: AbortSignal): Promise<RunRecorder> {
  let recorder: RunRecorder | null = null;
  await readBaseline({ ...accessTo(run, dir, signal), journal: unwritten }, async (baseline) => {
    recorder = new RunRecorder(dir, run);
    try {
      await keepBaseline(dir, run, baseline);
    } catch (thrown) {
      recorder.close();
      rmSync(dir, { recursive: true });
      throw thrown;
    }
  });
  return recorder ?? new RunRecorder(dir, run);
}

/** Creates the folder of a run which shares another's baseline, since neither had written when that was read. */
export function beginBeside(other: string, dir: string, run: RunFile): RunRecorder {
  const recorder = new RunRecorder(dir, run);
  const cleanup = join(other, recordFiles.cleanup);
  if (!existsSync(cleanup)) return recorder;
  const { baseline } = JSON.parse(readFileSync(cleanup, "utf8")) as CleanupFile;
  const file: CleanupFile = { schema: cleanupSchema, runId: run.runId, baseline, entries: [] };
  writeJson(join(dir, recordFiles.cleanup), file);
  for (const store of Object.keys(baseline ?? {})) shareUntaggedRows(other, dir, store);
  return recorder;
}

/** What `created` and the like say before a run's first write: its folder is not there yet. */
const unwritten: JournalAccess = { created: nothing, accepted: nothing, open: nothing, retried: nothing };

async function* nothing(): AsyncGenerator<never> {}

async function keepBaseline(dir: string, { runId }: RunFile, { states, untagged }: Baseline): Promise<void> {
  const file: CleanupFile = { schema: cleanupSchema, runId, baseline: states, entries: [] };
  writeJson(join(dir, recordFiles.cleanup), file);
  for (const [store, state] of Object.entries(states)) {
    const isTooMuch = state.untagged === null || state.untagged.count > mostUntaggedRows;
    const rows = isTooMuch ? null : untagged(store);
    if (rows !== null) await keepUntaggedRows(dir, store, rows, mostUntaggedRows);
  }
}

/** What the stores of a run are opened with. */
function accessTo(run: RunFile, dir: string, signal: AbortSignal): CallOptions {
  return {
    run,
    secrets: resolveSecrets(run, process.env),
    signal,
    journal: journalAccess(dir),
    scenario: () => scenarioThatRan(run),
  };
}
