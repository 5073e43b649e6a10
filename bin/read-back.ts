import { Fault } from "../src/model/fault.ts";
import type { Phase } from "../src/model/progress.ts";
import type { PurposeTotals, RunEnd, RunFile } from "../src/model/run.ts";
import { ReadBack } from "../src/read-back/read-back.ts";
import type { WrittenReport } from "../src/read-back/sampled-write.ts";
import type { RunRecorder } from "../src/record/recorder.ts";
import { redact } from "../src/safety/redact.ts";
import type { DriveOptions } from "./drive.ts";
import type { Prepared } from "./preflight.ts";
import { emptyProgress } from "./screen.ts";

export interface ReadingParts extends Pick<DriveOptions, "signal" | "onProgress" | "say" | "disk"> {
  readonly recorder: RunRecorder;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
}

/** How a run ends whose load was over, and whose writes were still being read back. */
function brokenOff(atUs: number, reason: unknown): RunEnd {
  if (reason instanceof Fault) return { atUs, how: "aborted", reason: reason.message, fault: reason.kind };
  return { atUs, how: "interrupted", reason: `${String(reason)} while writes were read back`, fault: null };
}

/** Reads back a run's writes, where its scenario says so, and puts what that shows into the record. */
export class Reading {
  readonly #parts: ReadingParts;
  readonly #prepared: Prepared;
  #readBack: ReadBack | null = null;

  constructor(prepared: Prepared, parts: ReadingParts) {
    this.#prepared = prepared;
    this.#parts = parts;
  }

  /** Before the load. Throws Fault `usage` where the target cannot be reached as the plan says. */
  begin(setup: unknown): void {
    const { plan, scenario } = this.#prepared;
    const { recorder, nowUs } = this.#parts;
    if (plan.writes === undefined) return;
    this.#readBack = new ReadBack({
      plan,
      runId: recorder.run.runId,
      scenario: scenario.input,
      setup,
      nowUs,
      steps: () => recorder.run.steps,
      warn: (text) => this.#warn(text),
    });
  }

  /** A load thread tells of its writes. */
  heard(written: WrittenReport): void {
    this.#readBack?.heard(written);
  }

  /** The load is over: looks for what was chosen to the end, unless the run did not come to its own end. Gives how the run ended then. */
  async finish(ended: RunEnd): Promise<RunEnd> {
    if (this.#readBack === null) return ended;
    using readBack = this.#readBack;
    const { signal, onProgress, recorder, disk, nowUs } = this.#parts;
    const phase: Phase = "read-back";
    if (ended.how === "finished") await readBack.finish(signal, (note) => onProgress({ ...emptyProgress, phase, note }));
    const writes = readBack.truths();
    disk.attempt(() => recorder.update({ writes }));
    return ended.how === "finished" && signal.aborted ? brokenOff(nowUs(), signal.reason) : ended;
  }

  /** Totals of the load with the looks added. */
  added(totals: RunFile["totals"]): RunFile["totals"] {
    if (this.#readBack === null) return totals;
    const { probe = { sent: 0, ok: 0 } } = totals;
    const { sent, ok } = this.#readBack.totals;
    return { ...totals, probe: { sent: probe.sent + sent, ok: probe.ok + ok } satisfies PurposeTotals };
  }

  #warn(text: string): void {
    const { recorder, nowUs, say, disk } = this.#parts;
    disk.attempt(() => recorder.event({ t: Math.round(nowUs()), event: "warning", text: redact(text) }));
    say(`warning: ${redact(text)}`);
  }
}
