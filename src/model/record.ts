/** A run record read back: what analyze, report, check and cleanup work on. Nothing in it points at a live system. */
import type { Clock, Phase } from "./budget.ts";
import type { CleanupFile } from "./cleanup.ts";
import type { Distribution } from "./distribution.ts";
import type { RunEvent } from "./events.ts";
import type { Verdict } from "./finding.ts";
import type { JournalTotals } from "./journal.ts";
import type { Outcome, RunFile } from "./run.ts";
import type { RequestSample } from "./sample.ts";
import type { SeriesPoint } from "./series.ts";
import type { VitalSample } from "./vitals.ts";

/** Something missing or hostile in a run directory: named, and the rest is read. */
export interface RecordProblem {
  readonly file: string;
  readonly problem: string;
}

export interface RunRecord {
  readonly dir: string;
  readonly run: RunFile;
  readonly series: readonly SeriesPoint[];
  readonly vitals: readonly VitalSample[];
  readonly events: readonly RunEvent[];
  /** Keyed by `latencyTag`; a tag that is absent had no sample. */
  readonly latency: ReadonlyMap<string, Distribution>;
  readonly samples: readonly RequestSample[];
  readonly journal: JournalTotals;
  readonly verdict: Verdict | null;
  readonly cleanup: CleanupFile | null;
  /** Of the handshake, each a run of its own; absent where none was begun. */
  readonly canaries?: readonly Traces[];
  readonly problems: readonly RecordProblem[];
}

/** The part of a record by which a run is swept. */
export type Traces = Pick<RunRecord, "dir" | "run" | "journal" | "cleanup" | "problems">;

/** `s3.scan.response.ok`, `s3.*.tls.*`: the tag of a histogram in `latency.hlog`. Operation `*` and outcome `*` mean all of them. */
export function latencyTag(step: number, operation: string, clock: Clock | Phase, outcome: Outcome | "*"): string {
  return `s${step}.${operation}.${clock}.${outcome}`;
}
