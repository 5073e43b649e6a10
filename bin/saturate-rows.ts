import { describeProof, isIncomplete } from "../cleanup/index.ts";
import { Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import { walkSchedule } from "../src/pace/schedule.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { sweepRun } from "./conclude.ts";
import { drive } from "./drive.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Prepared } from "./preflight.ts";

/** Rows that the reads of a closed loop find: made by a run without load, so that a crash leaves what `cleanup` needs. */
export interface Rows {
  readonly dir: string;
  readonly run: RunFile;
  /** Users whose rows are there. */
  readonly users: number;
}

export interface RowsOptions {
  readonly out: string;
  readonly interrupt: Interrupt;
  readonly say: (text: string) => void;
}

/** Makes the rows of the first users, at most `most`: journaled and tagged as in any run. Throws its Fault where a run would end with one. */
export async function makeRows(prepared: Prepared, most: number, options: RowsOptions): Promise<Rows> {
  const { prepare } = prepared.plan;
  if (prepare === null) throw new Fault("internal", "there are no rows to make");
  const users = Math.min(most, prepare.count);
  const plan = { ...prepared.plan, steps: [], lanes: null, prepare: { ...prepare, count: users } };
  options.say(`preparing ${users} rows`);
  const driven = await drive(
    { ...prepared, plan, totals: walkSchedule(plan) },
    {
      out: options.out,
      labels: {},
      signal: options.interrupt.load,
      disk: new DiskTrouble(),
      cleanup: true,
      calibration: false,
      onProgress: () => undefined,
      say: options.say,
    },
  );
  const rows = { dir: driven.dir, run: driven.run, users };
  if (driven.fault === null) return rows;
  const { proof } = await removeRows(rows, options);
  for (const line of proof) options.say(line);
  throw driven.fault;
}

/** Takes the rows away again and proves it; says how to finish where that cannot be done. */
export async function removeRows(
  rows: Rows | null,
  { interrupt, say }: RowsOptions,
): Promise<{ readonly proof: readonly string[]; readonly isClean: boolean }> {
  if (rows === null) return { proof: [], isClean: true };
  say("removing the prepared rows");
  const disk = new DiskTrouble();
  const options = { dryRun: false, signal: interrupt.cleanup, onProgress: () => undefined };
  const { entries } = await sweepRun(await readRecord(rows.dir, rows.run), options, disk);
  const entry = entries.at(-1);
  if (entry === undefined) return { proof: [], isClean: true };
  const isClean = !isIncomplete(entry);
  return { proof: ["", ...describeProof(entry), ...(isClean ? [] : [`to finish it: peakproof cleanup ${rows.dir}`])], isClean };
}
