/** Every message between the service's processes. They travel as JSON over Node's own IPC channels. */
import type { ServiceConfig } from "./config.ts";
import { ServiceError, type ServiceErrorCode } from "./errors.ts";

/** The run a row belongs to; null for a genuine one. */
export type Run = string | null;

/** A registered person. */
export interface Citizen {
  readonly id: string;
  readonly name: string;
  readonly idNumber: string;
  readonly phone: string;
}
/** A visit to a venue. */
export interface Checkin {
  readonly id: string;
  readonly citizenId: string;
  readonly venueId: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The accepted request that it comes from: its own id, unless the request was applied more than once. */
  readonly requestId: string;
}
/** A check-in on its way to the store. */
export interface QueuedCheckin {
  readonly run: Run;
  readonly checkin: Checkin;
}
/** Go on, stay home for a week, quarantine. */
export type Color = "green" | "yellow" | "red";
/** A health declaration with its judgement. */
export interface Report {
  readonly id: string;
  readonly citizenId: string;
  readonly symptoms: readonly string[];
  readonly temperature: number | null;
  /** The rest of what was declared, as JSON text. */
  readonly declaration: string;
  readonly color: Color;
  readonly reportedAtMs: number;
  /** As of a check-in. */
  readonly requestId: string;
}
/** An idempotency key with a digest of the request it came with: the same key for another request is refused. */
export interface KeyUse {
  readonly key: string;
  readonly fingerprint: string;
}

/** What a worker asks the one writer to do. A check-in only joins the queue; the rest is stored before the answer. */
export type Command =
  | { readonly kind: "add-citizen"; readonly run: Run; readonly citizen: Citizen }
  | { readonly kind: "add-report"; readonly run: Run; readonly report: Report; readonly keyUse: KeyUse | null }
  | { readonly kind: "remove-report"; readonly run: Run; readonly id: string }
  | { readonly kind: "add-checkin"; readonly run: Run; readonly checkin: Checkin };
export type WriteCommand = Exclude<Command, { kind: "add-checkin" }>;

/** What became of a command; `failed` is our own mistake or a full disk. */
export type CommandResult =
  | { readonly outcome: "created" | "existing"; readonly id: string }
  | { readonly outcome: "removed"; readonly run: Run }
  | { readonly outcome: "missing" | "tombstoned" | "key-reused" | "queue-full" }
  | { readonly outcome: "failed"; readonly message: string };

/** What the primary asks every worker. */
export type Question =
  | { readonly kind: "figures" }
  | { readonly kind: "count-cache"; readonly run: string }
  | { readonly kind: "forget"; readonly run: string };

/** prom-client's own JSON form of a registry, which only prom-client reads. */
export type MetricFigures = readonly object[];
export type Answer =
  | { readonly kind: "figures"; readonly metrics: MetricFigures; readonly gauges: Readonly<Record<string, number>> }
  | { readonly kind: "count"; readonly count: number };

/** The first message to a worker. */
export interface WorkerStart {
  readonly type: "start";
  /** Number of the worker's place, from 1; a replacement takes its predecessor's. */
  readonly place: number;
  readonly config: ServiceConfig;
  /** Of SQLite; not used where the configuration names a PostgreSQL. */
  readonly databasePath: string;
  readonly laboratoryUrl: string;
  readonly signingKeyPem: string;
  readonly tombstones: readonly string[];
}
/** Primary to worker. */
export type ToWorker =
  | WorkerStart
  | { readonly type: "results"; readonly results: readonly (readonly [call: number, result: CommandResult])[] }
  | { readonly type: "lease"; readonly tokens: number }
  | { readonly type: "ask"; readonly ask: number; readonly question: Question }
  | { readonly type: "stop" };

/** Worker to primary. */
export type FromWorker =
  | { readonly type: "listening"; readonly port: number }
  | StartFailure
  | { readonly type: "commands"; readonly commands: readonly (readonly [call: number, command: Command])[] }
  | { readonly type: "demand"; readonly used: number; readonly wanted: number }
  | { readonly type: "answer"; readonly ask: number; readonly answer: Answer };

/** Why a process could not start. */
export interface StartFailure {
  readonly type: "failed";
  readonly code: ServiceErrorCode;
  readonly message: string;
}

/** Whatever stopped a process from starting, as a message to the one that spawned it. */
export function startFailure(thrown: unknown): StartFailure {
  if (thrown instanceof ServiceError) return { type: "failed", code: thrown.code, message: thrown.message };
  return { type: "failed", code: "start-failed", message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** From `startService` to the processes it spawns. */
export interface PrimaryStart {
  readonly type: "start";
  readonly config: ServiceConfig;
  readonly databasePath: string;
  readonly laboratoryUrl: string;
  readonly laboratoryPid: number;
  /** A folder to remove at the end; null where the database is to stay. */
  readonly temporaryFolder: string | null;
}
/** The first message to the laboratory. */
export interface LaboratoryStart {
  readonly type: "start";
  readonly config: ServiceConfig;
}
/** The service listens. */
export interface PrimaryReady {
  readonly type: "ready";
  readonly port: number;
  readonly adminPort: number;
  readonly workers: readonly number[];
}
/** The laboratory listens. */
export interface LaboratoryReady {
  readonly type: "ready";
  readonly port: number;
}
/** The workers' process ids after one was replaced. */
export interface WorkersChanged {
  readonly type: "workers";
  readonly workers: readonly number[];
}
/** Primary to the process that started it. */
export type FromPrimary = PrimaryReady | WorkersChanged | StartFailure;
