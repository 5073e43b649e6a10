import { join } from "node:path";
import { isUnverified } from "../src/model/plan.ts";
import { recordFiles, writeJson } from "../src/record/files.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { Lease } from "../src/safety/lease.ts";
import { conclude, judge, type Concluded } from "./conclude.ts";
import { drive } from "./drive.ts";
import { faultText } from "./fault-text.ts";
import type { Interrupt } from "./interrupt.ts";
import { leaseHeaders } from "./lease-headers.ts";
import type { Prepared } from "./preflight.ts";
import type { Screen } from "./screen.ts";
import { sweepRun } from "./sweep-run.ts";

export interface SessionOptions {
  readonly out: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cleanup: boolean;
  /** Whether the generator is tried before the load. */
  readonly calibration: boolean;
  /** Whether missed budgets fail it; default true. */
  readonly budgetsDecide?: boolean;
  readonly interrupt: Interrupt;
  readonly screen: Screen;
}

/**
 * A whole run: load, judgement, cleanup, report, in that order, so that what the load has shown is on disk before cleanup may fail.
 * Nothing that goes wrong in between keeps cleanup from running. Throws a Fault only where there is no record to speak of.
 */
export async function runSession(prepared: Prepared, options: SessionOptions): Promise<Concluded> {
  const { screen, interrupt } = options;
  const disk = new DiskTrouble();
  if (isUnverified(prepared.plan)) screen.say("certificates are not verified: nobody proves who answers");
  // Held until nothing is sent any more, cleanup included.
  await using lease = await Lease.take({ plan: prepared.plan, headers: leaseHeaders(prepared.plan) });
  const driven = await drive(prepared, {
    ...options,
    disk,
    signal: AbortSignal.any([interrupt.load, lease.lost]),
    cleanupSignal: interrupt.cleanup,
    onProgress: (progress) => screen.progress(progress),
    say: (text) => screen.say(text),
  });
  using _held = driven.lease;
  if (driven.fault !== null) screen.say(faultText(driven.fault));
  screen.phase("analyze", null);
  const record = await readRecord(driven.dir, driven.run);
  const verdict = await settle(async () => judge(record, disk));
  let cleanup = record.cleanup;
  if (options.cleanup) {
    screen.phase("cleanup", null);
    const onProgress = (text: string): void => screen.phase("cleanup", text);
    cleanup = await sweepRun(record, { dryRun: false, signal: interrupt.cleanup, onProgress }, disk);
  }
  screen.phase("report", null);
  const judged = { ...verdict(), cleanup };
  disk.attempt(() => writeJson(join(judged.dir, recordFiles.run), judged.run));
  const concluded = conclude(judged, options.budgetsDecide ?? true, disk);
  for (const fault of disk.faults) screen.say(faultText(fault));
  screen.done();
  return concluded;
}

/** Does something that may fail, and keeps its result or its failure for later. */
async function settle<Value>(work: () => Promise<Value>): Promise<() => Value> {
  try {
    const value = await work();
    return () => value;
  } catch (thrown) {
    return () => {
      throw thrown;
    };
  }
}
