/** `saturate.json`: what a closed-loop sweep over connections saw, and what was read from it. */
import type { MachineFacts } from "./run.ts";

export const saturationSchema = "peakproof.saturate/1";

/** A doubling of connections that brings less than this in throughput is flat. A guess: windows of a second differ by some percent. */
export const flatGain = 1.08;
/** Doublings in a row that make a plateau. */
export const flatDoublings = 2;

/** A part of a step's window: what was answered well in it, so that a figure's spread within the step can be seen. */
export interface SaturationSlice {
  readonly ok: number;
  /** Sum of their latencies, microseconds. */
  readonly okUs: number;
}

/** One number of connections, held. Everything is of the window alone, which begins after the step has settled. */
export interface SaturationStep {
  /** N: connections that each send their next request as soon as the last one is answered. */
  readonly connections: number;
  /** Microseconds since the sweep's start. */
  readonly startUs: number;
  /** Length of the window, microseconds. */
  readonly windowUs: number;
  /** Accepted replies. */
  readonly ok: number;
  /** 429 and 503, where the operation does not expect them. */
  readonly rejected: number;
  /** Every other reply, and requests that got none. */
  readonly failed: number;
  /** Connections that were lost time and again without a reply in between, and given up; one of `failed` each. */
  readonly givenUp: number;
  /** Error key to count. */
  readonly errors: Readonly<Record<string, number>>;
  /** Latency of what was accepted, microseconds from written to answered; null where there was none, or too little for it. */
  readonly meanUs: number | null;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  /**
   * Mean number of requests under way: the latencies' time within the window, by its length. Little's law in its exact form over a
   * window says that this is `connections`.
   */
  readonly inFlight: number;
  /** Equal parts of the window. */
  readonly slices: readonly SaturationSlice[];
  /** Share of the window in which the busiest autocannon thread's loop was busy. */
  readonly eventLoopShare: number;
  /** Share of this machine's processor time in use; null where the target is elsewhere. */
  readonly hostCpuShare: number | null;
  /** Rounds of the kept-alive trivial lane within the step, microseconds; -1: no answer. */
  readonly pingUs: readonly number[];
}

/** What the judge is given. */
export interface SaturationFacts {
  readonly steps: readonly SaturationStep[];
  /** Cores of the machine that the target is on; null where that is not this one. */
  readonly cores: number | null;
  /** Whether a trivial lane was asked beside the load. */
  readonly hasPing: boolean;
}

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What the shape of X(N), the ping beside it and the processors together say. */
export const saturationReadings = [
  "no-limit-found",
  "one-loop",
  "serial-resource",
  "pool",
  "all-cores",
  "rate-quota",
  "generator-limited",
  "not-enough-evidence",
] as const;
export type SaturationReading = (typeof saturationReadings)[number];

export interface Saturation {
  readonly reading: SaturationReading;
  /** One or two sentences. */
  readonly sentence: string;
  /** What was measured and held against what, a sentence each. */
  readonly evidence: readonly string[];
  /** `rising` to the last step; `flat` for two doublings or more; `falling` behind its highest point; `unclear`: anything else. */
  readonly shape: "rising" | "flat" | "falling" | "unclear";
  /** X_max: accepted replies per second on the plateau; null where no step stands. */
  readonly ceilingPerSec: Estimate | null;
  /** True: no plateau was seen, or it is the generator's own, so the ceiling may be higher. */
  readonly isLowerBound: boolean;
  /** S1: mean latency with one connection, microseconds. */
  readonly unloadedUs: Estimate | null;
  /** c = X_max x S1: how many work side by side behind the bottleneck; null where one of the two is not known. */
  readonly parallelism: Estimate | null;
  /** Connections of the steps that the ceiling was taken from. */
  readonly plateau: readonly number[];
  /** What is wrong with single steps, by their connections. */
  readonly doubts: readonly { readonly connections: number; readonly because: string }[];
  /** How the intervals were made. */
  readonly method: string;
}

/** The whole document. */
export interface SaturationFile extends SaturationFacts {
  readonly schema: typeof saturationSchema;
  readonly version: string;
  readonly runId: string;
  /** The folder as it was called. */
  readonly dir: string;
  readonly scenario: string;
  readonly target: string;
  readonly operation: string;
  readonly startedAt: string;
  readonly machine: MachineFacts;
  /** Which generator, and its version. */
  readonly generator: string;
  readonly workers: number;
  /** Different requests that the connections took in turn. */
  readonly requests: number;
  /** Of the whole sweep, warm-up and settling included. `abandoned` were not answered by its end. */
  readonly totals: { readonly sent: number; readonly answered: number; readonly abandoned: number };
  /** Why the sweep went no further. */
  readonly stopped: string;
  readonly interrupted: boolean;
  /** What a reader should know before the figures: no certificate was verified, connections were kept alive, and so on. */
  readonly notes: readonly string[];
  readonly saturation: Saturation;
}
