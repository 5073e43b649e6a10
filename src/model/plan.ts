/**
 * A run as plain data: everything that decides what will be sent, cloneable into worker threads and written to `run.json`.
 * Functions (requests, checks) stay in the scenario file, which each worker loads again by its path.
 */
import type { CustomCleanup, HttpCleanup, NoCleanup, PostgresCleanup, RedisCleanup, UndoCleanup } from "./cleanup-rules.ts";
import type { Ceilings, ThirdParty, TimedToxic } from "./safety-rules.ts";
import type { OperationKind, Pace } from "./scenario.ts";
import type { TagHeaders } from "./tags.ts";

export type StepRole = "warmup" | "ramp" | "step" | "repeat";

export interface StepPlan {
  /** Place in the run, from 0. */
  readonly index: number;
  /** `ramp`: its rate changes, so nothing is judged by it. `repeat` is the base step done once more at the end: the drift check. */
  readonly role: StepRole;
  readonly multiple: number;
  /** Arrivals per second; at the end, for a ramp. */
  readonly ratePerSec: number;
  readonly holdUs: number;
  /** Arrivals per second at the start of a ramp, from where the rate goes in a straight line. Absent: held. */
  readonly fromRatePerSec?: number;
  /** Begins as the step before ends, without waiting for its last replies. */
  readonly follows?: true;
}

export interface OperationPlan {
  readonly name: string;
  readonly kind: OperationKind;
  readonly weight: number;
}

/** A journey as the schedule knows it. */
export interface JourneyPlan {
  readonly name: string;
  readonly weight: number;
  readonly steps: readonly JourneyStepPlan[];
}

export interface JourneyStepPlan {
  /** Index into the plan's operations. */
  readonly operation: number;
  /** Shortest and longest think time before it, microseconds. */
  readonly thinkUs: readonly [number, number];
}

export interface ConnectionPlan extends Network {
  readonly policy: "keep-alive" | "fresh";
  /** Over all workers. */
  readonly max: number;
  readonly deadlineUs: number;
}

/** How a server is reached. Files are absolute paths, secrets are names: nothing secret is in a plan. */
export interface Network {
  readonly protocol: "h1" | "h2";
  /** Origin, or null. */
  readonly proxy: string | null;
  /** IP addresses by `host:port`. */
  readonly resolve: Readonly<Record<string, string>>;
  readonly sourceAddresses: readonly string[];
  /** Addresses that names may resolve to, as the allow list was judged before the run; absent: any. */
  readonly permitted?: readonly string[];
  /** `Host` of each request; null: the target's. */
  readonly host: string | null;
  readonly tls: TlsPlan;
}

export interface TlsPlan {
  /** Whether the server's certificate is verified. */
  readonly verify: boolean;
  readonly serverName: string | null;
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** `env:NAME`. */
  readonly passphrase: string | null;
}

/** Everything as it comes: what a plan has where its scenario says nothing. */
export const plainNetwork: Network = {
  protocol: "h1",
  proxy: null,
  resolve: {},
  sourceAddresses: [],
  host: null,
  tls: { verify: true, serverName: null, ca: null, cert: null, key: null, passphrase: null },
};

export interface RunPlan {
  readonly scenario: { readonly name: string; readonly path: string; readonly hash: string };
  /** Origin of the first target, which the lanes watch. */
  readonly target: string;
  /** Origins of all targets, which share the requests evenly; the first one included. */
  readonly targets: readonly string[];
  readonly admin: string;
  /** 32-bit unsigned. */
  readonly seed: number;
  readonly peakRatePerSec: number;
  readonly pace: Pace;
  readonly precision: "timer" | "spin";
  readonly workers: number;
  readonly steps: readonly StepPlan[];
  readonly connections: ConnectionPlan;
  /** In the order of the scenario file; operation indexes everywhere refer to this list. */
  readonly operations: readonly OperationPlan[];
  /** Arrivals choose among the operations and then these: entry `operations.length + n` of the schedule is the n-th journey. */
  readonly journeys: readonly JourneyPlan[];
  readonly users: { readonly name: string; readonly pool: number; readonly popularity: "uniform" | "zipf" };
  readonly prepare: { readonly create: string; readonly count: number } | null;
  /** The scenario has a `setup`, whose writes stand in no journal. */
  readonly setup?: true;
  readonly lanes: { readonly trivial: string } | null;
  readonly observe: { readonly prometheus: string | null; readonly pids: readonly number[] };
  readonly budgets: readonly string[];
  readonly thirdParties: Readonly<Record<string, ThirdParty>>;
  /** Absent: the usual names. */
  readonly tags?: TagHeaders;
  readonly handshake?: HandshakePlan;
  readonly writes?: WritesPlan;
  readonly safety?: SafetyPlan;
  readonly faults?: FaultsPlan;
  /** Null where the scenario has no writes and says nothing. */
  readonly cleanup: CleanupSettings | null;
  /** `--var k=v`, as given. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where synthetic rows are removed, store by store in this order, or why they are not. */
export type CleanupSettings = NoCleanup | { readonly none?: undefined; readonly stores: readonly StoreSettings[] };

/** One store as a scenario describes it, as data: what is a function stays in the scenario file. */
export type StoreSettings =
  | ({ readonly kind: "http" } & HttpCleanup)
  | ({ readonly kind: "postgres" } & PostgresCleanup)
  | ({ readonly kind: "redis" } & RedisCleanup)
  | ({ readonly kind: "undo" } & UndoCleanup)
  | ({ readonly kind: "custom" } & Omit<CustomCleanup, "look" | "remove">);

/** The hops by name, in their order; how each is looked at stays in the scenario. */
export interface HandshakePlan {
  readonly hops: Readonly<Record<string, HopPlan>>;
  readonly withinUs: number;
}

export interface HopPlan {
  readonly kind: "http" | "postgres" | "redis" | "log" | "seen";
  /** Names of the operations that pass here. */
  readonly operations: readonly string[];
}

export interface WritesPlan {
  /** Accepted writes read back per operation, on average. */
  readonly readBack: number;
  readonly withinUs: number;
  /** Share of writes sent once more. */
  readonly replay: number;
}

export interface SafetyPlan {
  /** Absent: the rules that hold where a scenario says nothing. */
  readonly abort?: readonly string[];
  readonly ceilings: Ceilings;
  /** Path on the admin address, or null. */
  readonly lease: string | null;
}

export interface FaultsPlan {
  readonly api: string;
  readonly toxics: readonly PlannedToxic[];
}

/** Instants are microseconds since the first step's start. */
export interface PlannedToxic extends Required<Omit<TimedToxic, "at" | "for">> {
  readonly atUs: number;
  readonly forUs: number;
}

/** Whether certificates were to be verified and are not: those of targets, or of an admin address of its own. */
export function isUnverified({ targets, admin, connections }: Pick<RunPlan, "targets" | "admin" | "connections">): boolean {
  return !connections.tls.verify && [...targets, admin].some(isHttps);
}

/** Whether an origin is spoken to over TLS. */
export function isHttps(origin: string): boolean {
  return origin.startsWith("https:");
}

/** What a schedule will send, found by walking it without sending anything. */
export interface ScheduleTotals {
  /** At most: a journey may end early. */
  readonly requests: number;
  /** At most, too. */
  readonly writes: number;
  /** Arrivals per step, in the order of the plan's steps. */
  readonly perStep: readonly number[];
  /** Requests per operation over the whole run, those of journeys included as far as none is skipped or cut off. */
  readonly perOperation: Readonly<Record<string, number>>;
  /** 16 hex digits; equal for equal (plan, seed), however the schedule is cut into shards. */
  readonly hash: string;
}
