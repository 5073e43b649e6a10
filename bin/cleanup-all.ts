import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describeBriefly, isIncomplete, mayHaveLeft, refuseLiveRun } from "../cleanup/index.ts";
import type { CleanupEntry } from "../src/model/cleanup.ts";
import { exitCodes } from "../src/model/exit.ts";
import { errnoOf, Fault, messageOf } from "../src/model/fault.ts";
import type { Traces } from "../src/model/record.ts";
import { countOf } from "../src/model/units.ts";
import { canaryDirs } from "../src/record/canaries.ts";
import { recordFiles } from "../src/record/files.ts";
import { readRun, readTraces } from "../src/record/reader.ts";
import { printJson } from "./print.ts";
import { sweepAgain, type SweepFlags } from "./sweep-again.ts";

export interface CleanUpAllOptions extends SweepFlags {
  /** The runs folder. */
  readonly out: string;
  /** Only runs that began longer ago, microseconds. */
  readonly olderThan?: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** What came of one run. */
interface Outcome {
  /** Its folder. */
  readonly run: string;
  /** Null where it was not swept. */
  readonly entry: CleanupEntry | null;
  /** Why it was not, or what the disk refused; null: nothing went wrong on our side. */
  readonly problem: string | null;
}

/**
 * Sweeps every run of a folder that may have left something, the oldest first, one line each. What goes wrong with one does not keep
 * the others from being swept; exit code 4 where any is not known to be clean afterwards. Throws Fault `usage` where there is no folder.
 */
export async function cleanUpAll(options: CleanUpAllOptions): Promise<void> {
  const outcomes: Outcome[] = [];
  const runs = runFolders(options.out).filter((run) => isOldEnough(run, options.olderThan));
  for (const run of runs) {
    const outcome = options.signal.aborted
      ? notSwept(run, "not looked at, since cleanup was stopped")
      : await sweepForgotten(run, options);
    if (outcome === null) continue;
    outcomes.push(outcome);
    if (options.json !== true) process.stdout.write(`${lineOf(outcome)}\n`);
  }
  if (options.json === true) printJson(outcomes);
  else process.stdout.write(`${summary(runs.length, outcomes, options.dryRun ?? false)}\n`);
  if (options.dryRun !== true && outcomes.some(isOpen)) process.exitCode = exitCodes.cleanupIncomplete;
}

/** Run ids begin with the time, so that their order is that of age. A handshake's canaries are runs of their own. */
function runFolders(out: string): string[] {
  try {
    const names = readdirSync(out).toSorted();
    const runs = names.map((name) => join(out, name)).filter((dir) => existsSync(join(dir, recordFiles.run)));
    return runs.flatMap((dir) => [[dir], canaryDirs(dir)].flat());
  } catch (thrown) {
    throw new Fault("usage", `there is no runs folder ${out} to look into: ${errnoOf(thrown) ?? messageOf(thrown)}`, {
      expected: "the folder that runs were made in",
      fix: "name it by --out",
    });
  }
}

/** A record that cannot be read is looked at, whatever its age: it then says so itself. */
function isOldEnough(run: string, olderThanUs: number | undefined): boolean {
  if (olderThanUs === undefined) return true;
  try {
    return !(Date.parse(readRun(run).startedAt) > Date.now() - olderThanUs / 1_000);
  } catch {
    return true;
  }
}

/** Null where a run has left nothing that is not known to be removed, and where it is still going on. */
async function sweepForgotten(run: string, options: CleanUpAllOptions): Promise<Outcome | null> {
  let read: Traces;
  try {
    read = await readTraces(run);
    if (!mayHaveLeft(read)) return null;
    const live = liveFault(read);
    if (live !== null) {
      options.say(`${run}: left alone: ${live.message}`);
      return null;
    }
    options.say(`${run}: began ${read.run.startedAt}`);
    const onProgress = (text: string): void => options.say(`${run}: ${text}`);
    const { entry, diskFaults } = await sweepAgain(read, options, { signal: options.signal, onProgress });
    return { run, entry: entry ?? null, problem: diskFaults[0]?.message ?? null };
  } catch (thrown) {
    // A damaged record may fail in ways that nobody foresaw, and the others are still to be swept.
    const fix = thrown instanceof Fault ? thrown.detail.fix : undefined;
    return notSwept(run, fix === undefined ? messageOf(thrown) : `${messageOf(thrown)}; try: ${fix}`);
  }
}

/** What says that a run may still be going on; null: nothing does. */
function liveFault({ run, dir }: Traces): Fault | null {
  try {
    refuseLiveRun(run, dir);
    return null;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
}

function notSwept(run: string, problem: string): Outcome {
  return { run, entry: null, problem };
}

/** Whether a run is not known to be clean. */
function isOpen({ entry, problem }: Outcome): boolean {
  return entry === null || problem !== null || isIncomplete(entry);
}

function lineOf({ run, entry, problem }: Outcome): string {
  const parts = [...(entry === null ? [] : [describeBriefly(entry)]), ...(problem === null ? [] : [problem])];
  return `${run}: ${parts.join("; ")}`;
}

function summary(looked: number, outcomes: readonly Outcome[], dryRun: boolean): string {
  if (outcomes.length === 0) return `${countOf(looked, "record")} looked at: none may have left anything.`;
  const found = `${countOf(looked, "record")} looked at: ${outcomes.length} may have left something`;
  if (dryRun) return `${found}. Dry run: nothing was removed.`;
  const open = outcomes.filter(isOpen).length;
  return `${found}; ${outcomes.length - open} clean now, ${open} not.`;
}
