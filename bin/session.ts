import type { ExitReason } from "../src/model/exit.ts";
import type { Fault } from "../src/model/fault.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { conclude, judge, sweepRun, type Concluded } from "./conclude.ts";
import { drive } from "./drive.ts";
import { exitCodeOf, faultText } from "./fault-text.ts";
import type { Interrupt } from "./interrupt.ts";
import { writesAnything, type Prepared } from "./preflight.ts";
import type { Screen } from "./screen.ts";

export interface SessionOptions {
  readonly out: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cleanup: boolean;
  /** Whether missed budgets fail it; default true. */
  readonly budgetsDecide?: boolean;
  readonly interrupt: Interrupt;
  readonly screen: Screen;
}

/**
 * A whole run: load, judgement, cleanup, report, in that order, so that what the load has shown is on disk before cleanup may fail.
 * Throws a Fault only where there is no record to speak of.
 */
export async function runSession(prepared: Prepared, options: SessionOptions): Promise<Concluded> {
  const { screen, interrupt } = options;
  const disk = new DiskTrouble();
  const driven = await drive(prepared, {
    ...options,
    signal: interrupt.load,
    onProgress: (progress) => screen.progress(progress),
  });
  if (driven.fault !== null) screen.say(faultText(driven.fault));
  screen.phase("analyze", null);
  let record = judge({ ...(await readRecord(driven.dir)), run: driven.run }, disk);
  if (options.cleanup && writesAnything(prepared.plan, prepared.totals)) {
    screen.phase("cleanup", null);
    const onProgress = (text: string): void => screen.phase("cleanup", text);
    record = { ...record, cleanup: await sweepRun(record, { dryRun: false, signal: interrupt.cleanup, onProgress }, disk) };
  }
  screen.phase("report", null);
  const more = faultReasons(driven.fault === null ? disk.faults : [driven.fault]);
  const concluded = conclude(record, { more, budgetsDecide: options.budgetsDecide ?? true }, disk);
  screen.done();
  return concluded;
}

function faultReasons(faults: readonly Fault[]): ExitReason[] {
  return faults.map((fault) => ({ code: exitCodeOf(fault), reason: fault.message }));
}
