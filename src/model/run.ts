/** `run.json`: what was to be sent, on what machine, and what came of it. Written at start, at each step's end, and at the end. */
import type { FaultKind } from "./fault.ts";
import type { RunPlan, ScheduleTotals, StepPlan } from "./plan.ts";
import type { Purpose } from "./tags.ts";

export const runSchema = "peakproof.run/1";

/** How a request ended. `rejected` is the target saying no (429, 503): kept apart so that fast refusals do not hide in a median. */
export const outcomes = ["ok", "rejected", "failed"] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * Counts of one operation, or of all of them, over a step. A request that is tried again is one request, with the outcome of its last
 * attempt. Once the step is drained, `due = ok + rejected + failed`, and `due - dispatched` were never taken up: intended load that
 * was not offered, which RFC 9971 counts as loss.
 */
export interface Tally {
  /** Requests that fell due: arrivals of the schedule and, in a journey, each request after the first when its time came. */
  readonly due: number;
  /** Taken up by our loop. */
  readonly dispatched: number;
  /** Handed to the kernel in full. */
  readonly sent: number;
  /** Answered in full, whatever the status. */
  readonly done: number;
  readonly ok: number;
  readonly rejected: number;
  /** Everything else, unsent and unanswered included. */
  readonly failed: number;
  /**
   * By error key: `status:429`, `connect:ECONNREFUSED`, `timeout:reading`, `check:<name>`, `unsent`; `journey:<name>` where a reply
   * lacked what its journey carries on (a `carry` or `when` threw), or the journey's next request could not be made of it.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** Attempts that a retry policy followed by another one, by their error key. Absent: none. They are counted nowhere else. */
  readonly retried?: Readonly<Record<string, number>>;
}

/**
 * What became of a journey's arrivals: `started = completed + broken + cut`. Each counts once, in the step in which it ended, which is
 * the one that its last request was due in: where steps follow one another it may have begun in an earlier one.
 */
export interface JourneyTally {
  readonly started: number;
  readonly completed: number;
  /** Ended by a request that was not `ok`, nor at its last attempt. */
  readonly broken: number;
  /** Its next request would have been due when the step had ended, and none followed at once. */
  readonly cut: number;
}

/**
 * Two independent accounts of the same thing, by which a step is checked: the requests under way according to the transport,
 * integrated over time, and the sum of the times that requests were under way by their own clocks. From an empty start to an empty end
 * they are equal whatever happened in between (Little's law, as an identity of sample paths: Stidham 1974).
 *
 * Steps that follow one another overlap, and a transport cannot tell whose requests it carries: a chain of them is empty only before
 * its first step and after its last one, and has one occupancy, which is its last step's. The others have none.
 */
export interface Occupancy {
  /** Request-microseconds: what the transport has on the wire or waiting for a connection, integrated over time. */
  readonly inFlightUs: number;
  /** Request-microseconds: done less dispatched, summed over attempts. Between two attempts nothing is under way. */
  readonly residenceUs: number;
}

export interface StepRecord extends StepPlan {
  /** Microseconds since the run's start; null while it has not begun or ended. */
  readonly startUs: number | null;
  /** End of the hold: no arrival is due later. */
  readonly endUs: number | null;
  /** When the last request was settled and the lanes were back at their baseline (or 15 s had passed). */
  readonly drainedUs: number | null;
  /** Null until the step has been drained. */
  readonly tally:
    | (Tally & {
        readonly operations: Readonly<Record<string, Tally>>;
        readonly journeys?: Readonly<Record<string, JourneyTally>>;
        readonly occupancy?: Occupancy;
      })
    | null;
}

export type ValidityGrade = "valid" | "lower-bound" | "invalid";
export interface Validity {
  readonly grade: ValidityGrade;
  /** One sentence each; empty for `valid`. */
  readonly reasons: readonly string[];
  /** Highest multiple at which the generator was clean; null where none was. */
  readonly cleanUpTo: number | null;
}

export interface MachineFacts {
  readonly hostname: string;
  readonly platform: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
}

export interface PurposeTotals {
  readonly sent: number;
  readonly ok: number;
}

/** `ended` is null for a run that was killed: what it left is still readable and can be cleaned. */
export interface RunFile {
  readonly schema: typeof runSchema;
  readonly runId: string;
  readonly version: string;
  readonly plan: RunPlan;
  readonly schedule: ScheduleTotals;
  readonly labels: Readonly<Record<string, string>>;
  readonly gitRevision: string | null;
  readonly machine: MachineFacts;
  /** Process id of the coordinator, so that cleanup refuses a run that is still going on. */
  readonly pid: number;
  /** ISO 8601 instant of t = 0. */
  readonly startedAt: string;
  /** Offset to the wall clock of each remote source, microseconds; empty where everything is on one machine. */
  readonly clockOffsetUs: Readonly<Record<string, number>>;
  readonly target: { readonly pids: readonly number[]; readonly found: string };
  readonly steps: readonly StepRecord[];
  readonly totals: Readonly<Partial<Record<Purpose, PurposeTotals>>>;
  readonly validity: Validity | null;
  /** What this generator can do on this machine with these settings; absent where it was not asked. */
  readonly calibration?: Calibration;
  /** The proof of the tag; absent where the scenario asks for none. */
  readonly handshake?: Handshake;
  /** Whether accepted writes were there afterwards, by operation; absent where none were read back. */
  readonly writes?: Readonly<Record<string, WriteTruth>>;
  /** Calls that third parties got, by name; absent where none were counted. */
  readonly thirdPartyCalls?: Readonly<Record<string, ThirdPartyCalls>>;
  readonly ended: RunEnd | null;
}

/** The generator tried against a null server on loopback, before a run. */
export interface Calibration {
  /**
   * Highest rate, requests per second of all workers together, at which its lag p99 stayed within 5 ms, every request was answered,
   * and next to none was left over at the end. The null server had its share of the same cores: a lower bound.
   */
  readonly cleanRatePerSec: number;
  /** CPU time of the whole process per request there, microseconds; idle turns included where it spins. */
  readonly cpuUsPerRequest: number;
  /** ISO 8601 instant at which it was measured; earlier than the run where it was remembered. */
  readonly measuredAt: string;
}

/** Canary writes before the load, each by a run id of its own: they were seen with their tag at every hop, and removed. */
export interface Handshake {
  /** What all their run ids begin with; each has its own record in `canary/<n>`, which `cleanup` sweeps, too, unless it is verified. */
  readonly runId: string;
  /** `afterUs`: since the canary was sent, with the reads beside it, as far as the looks can tell. */
  readonly hops: readonly { readonly operation: string; readonly hop: string; readonly afterUs: number }[];
  /** Whether their absence was verified. */
  readonly removed: boolean;
}

/** What reading back a sample of one operation's accepted writes showed: `sampled = visible + lost + notKnown`. */
export interface WriteTruth {
  readonly accepted: number;
  /** Writes read back, chosen at random. Those of `replays` are not among them: a write that was lost would be made good by its replay. */
  readonly sampled: number;
  /** Seen, and not gone again by their last looks. */
  readonly visible: number;
  /**
   * From the reply to the first sight of it, microseconds, of those that were looked for in time; null where there were none. It may have
   * been there earlier, by up to `openUs` at the median: since the look before, or since the reply.
   */
  readonly lateUs: { readonly p50: number; readonly p99: number; readonly max: number; readonly openUs: number } | null;
  /** Accepted and, when their time was over, not there; some of them may have been seen before. */
  readonly lost: number;
  /** Applied more than once; null where the scenario's reads do not tell how often (an operation without `applied`). */
  readonly duplicated: number | null;
  /** Could not be looked for: the read failed itself, or the run ended before. */
  readonly notKnown: number;
  /** Writes sent once more on purpose, with the same key; null where none were. */
  readonly replays: ReplayTruth | null;
  readonly proof: WriteProof;
  /** Trace ids of those that are lost, and of those applied more than once, replays included: the first ten of each. */
  readonly examples: { readonly lost: readonly string[]; readonly twice: readonly string[] };
}

/** Effects of writes that were sent twice with one idempotency key: `sent = once + twice + missing + notKnown`. */
export interface ReplayTruth {
  readonly sent: number;
  readonly once: number;
  /** Applied more than once: the key did not hold. */
  readonly twice: number;
  readonly missing: number;
  readonly notKnown: number;
}

/** What a sample of writes proves about all of them, with 95 % each. See `detection.ts`. */
export interface WriteProof {
  /** With what probability a fault of 0.1 % of all writes would have shown in the sample. */
  readonly detection: number;
  /** Share of all accepted writes that may be lost, and applied more than once (null as `duplicated`), at most. */
  readonly lostAtMost: number;
  readonly duplicatedAtMost: number | null;
}

/** Outbound calls as metered. */
export interface ThirdPartyCalls {
  readonly total: number;
  /** Highest rate over a window of 2 s. */
  readonly peakPerSec: number;
  /** Calls per request of the load over the whole run; null where nothing was sent. */
  readonly perDeclared: number | null;
}

/** Why the load stopped. `atUs` since the run's start. */
export interface RunEnd {
  readonly atUs: number;
  readonly how: "finished" | "interrupted" | "aborted";
  /** For `interrupted` and `aborted`: a sentence. */
  readonly reason: string | null;
  /** For `aborted`: what kind of fault it was, which decides the exit code. */
  readonly fault: FaultKind | null;
}
