import type { ScheduleParts } from "../pace/schedule-hash.ts";
import type { WholeBuckets } from "../measure/buckets.ts";
import type { MeteredClock, MeteredPhase } from "../measure/step-meter.ts";
import type { SecondReport } from "../measure/second-meter.ts";
import type { FaultKind, FaultDetail } from "../model/fault.ts";
import type { Network, RunPlan, ScheduleTotals } from "../model/plan.ts";
import type { JourneyTally, Occupancy, PurposeTotals, Tally } from "../model/run.ts";
import type { RequestSample } from "../model/sample.ts";
import type { LaneSample } from "../model/series.ts";
import type { Purpose, TagHeaders } from "../model/tags.ts";
import type { WrittenReport } from "../read-back/sampled-write.ts";
import type { JourneyTrouble } from "./journey-troubles.ts";

/** What the coordinator and its threads say to each other. All times are microseconds since the run's start. */

/** What a load thread is started with. */
export interface WorkerInput {
  readonly plan: RunPlan;
  readonly runId: string;
  readonly worker: number;
  /** `monotonicUs()` at the run's start. */
  readonly startedUs: number;
  readonly journalPath: string;
  /** What the scenario's `setup` returned: plain data. */
  readonly setup: unknown;
  /** Requests that the whole run is planned to send, by operation: by which writes are chosen to be read back. */
  readonly perOperation: ScheduleTotals["perOperation"];
  /** Memory of the coordinator's heartbeat. */
  readonly heartbeat: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly type: "prepare" }
  /** Begin a step at an instant ahead: by a second or more where it follows another one, so that its first arrivals are known in time. */
  | { readonly type: "step"; readonly step: number; readonly startUs: number }
  /** Stop the load at once; what is in flight is abandoned and journaled as unknown. */
  | { readonly type: "stop" }
  /** Finish the journal and exit. */
  | { readonly type: "close" };

export interface WorkerSecond extends SecondReport {
  readonly worker: number;
  readonly inFlight: number;
  readonly connections: number;
  /** Both ways, over the run so far. */
  readonly bytes: number;
  /** Share of the second in which the thread's loop was busy. */
  readonly eventLoopShare: number;
  /** Over the run so far. */
  readonly totals: Readonly<Partial<Record<Purpose, PurposeTotals>>>;
}

/** A histogram on its way to the coordinator. */
type Posted<Metered> = Omit<Metered, "buckets"> & { readonly buckets: WholeBuckets };

/** Attempts that one worker has taken up over the run so far, by the operation's index: also those that are not sent yet. */
export interface TakenUp {
  readonly worker: number;
  /** None before this instant is missing. */
  readonly untilUs: number;
  readonly counts: readonly number[];
}

export type FromWorker =
  | { readonly type: "ready"; readonly worker: number; readonly threadId: number | null }
  | { readonly type: "prepared"; readonly ok: number; readonly failed: number; readonly errors: Readonly<Record<string, number>> }
  | { readonly type: "preparing"; readonly worker: number; readonly done: number }
  | { readonly type: "second"; readonly second: WorkerSecond }
  | { readonly type: "taken-up"; readonly takenUp: TakenUp }
  | { readonly type: "written"; readonly written: WrittenReport }
  | { readonly type: "sample"; readonly sample: RequestSample }
  | { readonly type: "journey-trouble"; readonly trouble: JourneyTrouble }
  | {
      readonly type: "step-done";
      readonly step: number;
      /** In the order of the plan's operations. */
      readonly tallies: readonly Tally[];
      /** In the order of the plan's journeys. */
      readonly journeys: readonly JourneyTally[];
      readonly histograms: readonly Posted<MeteredClock>[];
      readonly phases: readonly Posted<MeteredPhase>[];
      /** Of the chain of steps that this is the last of; null for the others. */
      readonly occupancy: Occupancy | null;
      /** Hash of what this shard took up, for comparing with the schedule's. */
      readonly schedule: ScheduleParts;
    }
  | { readonly type: "stopped" }
  | { readonly type: "closed" }
  | { readonly type: "fault"; readonly kind: FaultKind; readonly message: string; readonly detail: FaultDetail };

/** What the lane thread is started with. */
export interface LanesInput {
  /** Origin. */
  readonly target: string;
  readonly network: Network;
  readonly path: string;
  readonly runId: string;
  /** Names of the tag's headers; undefined: the usual ones. */
  readonly tags: TagHeaders | undefined;
  readonly startedUs: number;
}

/** One round of the three lanes. */
export interface LaneRound extends LaneSample {
  readonly t: number;
}

export type FromLanes =
  | { readonly type: "ready"; readonly threadId: number | null }
  | { readonly type: "round"; readonly round: LaneRound; readonly totals: PurposeTotals };
