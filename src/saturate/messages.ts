/** What the sweep and its autocannon threads say to each other. All times are microseconds of the machine's monotonic clock. */
import type { SparseBuckets } from "../measure/buckets.ts";
import type { SaturationSlice } from "../model/saturation.ts";
import type { Operation } from "../model/scenario.ts";

/** A request as autocannon takes it. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** What an autocannon thread is started with. */
export interface CannonInput {
  /** Address to connect to; the requests say for whom they are. */
  readonly url: string;
  /** Server name for TLS; null: that of the address. */
  readonly serverName: string | null;
  readonly requests: readonly PlainRequest[];
  /** What the operation accepts; null: 200 to 299. */
  readonly expect: NonNullable<Operation["expect"]> | null;
}

export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

export type ToCannon =
  /** Open connections beside those that are there already; the first of them has this number over all threads. */
  | { readonly type: "open"; readonly connections: number; readonly first: number }
  | { readonly type: "measure"; readonly window: Window }
  /** Let each connection finish its request and send no other. */
  | { readonly type: "drain" }
  /** Say at once what was sent. */
  | { readonly type: "count" };

/** One thread's part of a step's window. */
export interface Measured {
  readonly ok: number;
  readonly rejected: number;
  readonly failed: number;
  /** Connections given up by the window's end; one of `failed` each. */
  readonly givenUp: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Latencies of what was accepted. */
  readonly latency: SparseBuckets;
  /** Time of all requests within the window, added up, microseconds. */
  readonly residenceUs: number;
  readonly slices: readonly SaturationSlice[];
  readonly eventLoopShare: number;
}

/** Requests of one thread over the whole sweep. */
export interface Sent {
  readonly sent: number;
  readonly answered: number;
}

export type FromCannon =
  | { readonly type: "ready" }
  | { readonly type: "measured"; readonly measured: Measured }
  | { readonly type: "drained" | "counted"; readonly sent: Sent };
