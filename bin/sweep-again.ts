import { refuseLiveRun, storeHosts, trustedAgain, type TrustFlags } from "../cleanup/index.ts";
import type { CleanupEntry } from "../src/model/cleanup.ts";
import { Fault } from "../src/model/fault.ts";
import type { Traces } from "../src/model/record.ts";
import type { RunFile } from "../src/model/run.ts";
import { isMadeRunId } from "../src/record/run-id.ts";
import { tryRunLease } from "../src/record/run-lease.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { checkAllowed } from "../src/safety/allow.ts";
import { scenarioOfRecord } from "./recorded-scenario.ts";
import { sweepRun, type SweepOptions } from "./sweep-run.ts";

/** Flags that hold for each run that is swept. */
export interface SweepFlags extends TrustFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly allow: readonly string[];
  /** The scenario that ran, named by hand. */
  readonly scenario?: string;
}

/** A sweep, and what the disk refused of it. */
export interface SweptAgain {
  /** The last of `cleanup.json`. */
  readonly entry: CleanupEntry | undefined;
  readonly diskFaults: readonly Fault[];
}

/**
 * Sweeps a run by its record. Throws Faults where that may not be done: it is still going on, is being cleaned
 * up, or names places that nobody allowed.
 */
export async function sweepAgain(
  read: Traces,
  flags: SweepFlags,
  options: Pick<SweepOptions, "signal" | "onProgress" | "together">,
): Promise<SweptAgain> {
  refuseLiveRun(read.run, read.dir);
  const run = trustedAgain(read.run, flags);
  // A run folder is passed around, and what it says decides where tokens and passwords are sent, and what is removed there.
  const permitted = await checkAllowed({ ...run.plan, others: storeHosts(run, process.env) }, flags.allow);
  refuseForeignId(run);
  const connections = { ...run.plan.connections, permitted };
  const record = { ...read, run: { ...run, plan: { ...run.plan, connections } } };
  const disk = new DiskTrouble();
  const dryRun = flags.dryRun ?? false;
  using _lease = dryRun ? null : tryRunLease(read.dir, "cleanup", disk);
  const scenario = () => scenarioOfRecord(run, read.dir, flags.scenario);
  const { entries } = await sweepRun(record, { ...options, dryRun, scenario }, disk);
  return { entry: entries.at(-1), diskFaults: disk.faults };
}

/** What is removed is found by the run id, and a record may have been edited. */
function refuseForeignId({ runId }: RunFile): void {
  if (isMadeRunId(runId)) return;
  throw new Fault("usage", "run.json holds no run id that Peakproof makes, so nothing is removed by it", {
    received: runId,
    expected: "one such as 20261121-014233-9f3a01bc",
    fix: "take the folder as the run wrote it",
  });
}
