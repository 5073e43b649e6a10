import { describeProof, isIncomplete } from "../cleanup/index.ts";
import type { Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { cleanCommand } from "../src/report/commands.ts";
import { drive } from "./drive.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Prepared } from "./preflight.ts";
import { sweepRun } from "./sweep-run.ts";

/** What the reads of a closed loop need: rows and a setup, made by a run without load, so that a crash leaves what `cleanup` needs. */
export interface Rows {
  readonly dir: string;
  readonly run: RunFile;
  /** Users whose rows are there; null: the scenario prepares none. */
  readonly users: number | null;
  /** What the scenario's `setup` returned. */
  readonly setup: unknown;
  /** Why they are not all there; null where they are. */
  readonly fault: Fault | null;
  /** Held until they are removed; null where the disk refused it. */
  readonly lease: Disposable | null;
}

export interface RowsOptions {
  readonly out: string;
  readonly interrupt: Interrupt;
  /** Aborted with a Fault when the lease of the target is lost. */
  readonly lost: AbortSignal;
  readonly say: (text: string) => void;
}

/** Does the setup and makes the rows of the first users, at most `most`: journaled and tagged as in any run. Throws only what leaves nothing behind. */
export async function makeRows(prepared: Prepared, most: number, options: RowsOptions): Promise<Rows> {
  const { prepare } = prepared.plan;
  const rows = prepare === null ? null : { ...prepare, count: Math.min(most, prepare.count) };
  const users = rows?.count ?? null;
  const plan = { ...prepared.plan, steps: [], lanes: null, prepare: rows };
  if (users !== null) options.say(`preparing ${users} rows`);
  const { dir, run, setup, fault, lease } = await drive(
    { ...prepared, plan, totals: walkSchedule(plan) },
    {
      out: options.out,
      labels: {},
      signal: AbortSignal.any([options.interrupt.load, options.lost]),
      cleanupSignal: options.interrupt.cleanup,
      disk: new DiskTrouble(),
      cleanup: true,
      calibration: false,
      onProgress: () => undefined,
      say: options.say,
    },
  );
  return { dir, run, users, setup, fault, lease };
}

/** Takes the rows away again and proves it; says how to finish where that cannot be done. */
export async function removeRows(
  rows: Rows | null,
  { interrupt, say }: RowsOptions,
): Promise<{ readonly proof: readonly string[]; readonly isClean: boolean }> {
  if (rows === null) return { proof: [], isClean: true };
  using _held = rows.lease;
  say("removing what was prepared");
  const disk = new DiskTrouble();
  const options = { dryRun: false, signal: interrupt.cleanup, onProgress: () => undefined };
  const { entries } = await sweepRun(await readRecord(rows.dir, rows.run), options, disk);
  const entry = entries.at(-1);
  if (entry === undefined) return { proof: [], isClean: true };
  const isClean = !isIncomplete(entry);
  return {
    proof: ["", ...describeProof(entry), ...(isClean ? [] : [`to finish it: ${cleanCommand(rows.dir, rows.run.plan)}`])],
    isClean,
  };
}
