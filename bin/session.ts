import type { ExitReason } from "../src/model/exit.ts";
import { conclude, judge, sweepRun, type Concluded } from "./conclude.ts";
import { drive } from "./drive.ts";
import { exitCodeOf } from "./fault-text.ts";
import type { Interrupt } from "./interrupt.ts";
import { writesAnything, type Prepared } from "./preflight.ts";
import type { Screen } from "./screen.ts";

export interface SessionOptions {
  readonly out: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cleanup: boolean;
  readonly interrupt: Interrupt;
  readonly screen: Screen;
}

/**
 * A whole run: load, judgement, cleanup, report, in that order, so that what the load has shown is on disk before cleanup may fail.
 * Throws a Fault only where there is no record to speak of.
 */
export async function runSession(prepared: Prepared, options: SessionOptions): Promise<Concluded> {
  const { screen, interrupt } = options;
  const { dir, fault } = await drive(prepared, {
    ...options,
    signal: interrupt.load,
    onProgress: (progress) => screen.progress(progress),
  });
  const reasons: ExitReason[] = fault === null ? [] : [{ code: exitCodeOf(fault), reason: fault.message }];
  screen.phase("analyze", null);
  const { record, verdict } = await judge(dir);
  if (options.cleanup && writesAnything(prepared.plan, prepared.totals)) {
    screen.phase("cleanup", null);
    await sweepRun(record, { dryRun: false, signal: interrupt.cleanup, onProgress: (text) => screen.phase("cleanup", text) });
  }
  screen.phase("report", null);
  const concluded = await conclude(dir, verdict, reasons);
  screen.done();
  return concluded;
}
