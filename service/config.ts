/** What the service can be told at start-up: one interface, one defaults object. `knobs.ts` describes each entry. */
import { ServiceError } from "./errors.ts";
import type { Hop } from "./hops.ts";
import { faultOf, knobs, type Knob } from "./knobs.ts";

/** Every setting; durations are milliseconds, as on the command line. */
export interface ServiceConfig {
  readonly host: string;
  /** Public port; 0 takes any free one. */
  readonly port: number;
  readonly adminPort: number;
  readonly laboratoryPort: number;
  readonly workers: number;
  /** Null: a fresh temporary folder that goes when the service does. */
  readonly databasePath: string | null;
  /** `postgres://` address; null: SQLite. */
  readonly databaseUrl: string | null;
  /** `redis://` address of the cache, the queue and the counters; null: cache and queue in process, and no counters. */
  readonly redisUrl: string | null;
  readonly realCitizens: number;
  /** Per gateway, over all workers; 0 is off. */
  readonly rateLimitPerSec: number;
  /** 0: nothing is ever served from the cache. */
  readonly cacheTtlMs: number;
  readonly cacheCapacity: number;
  readonly cacheStampedeProtection: boolean;
  readonly storeReadDelayMs: number;
  readonly storePoolSize: number;
  readonly queueCapacity: number;
  /** 0: as fast as it can. */
  readonly queueRatePerSec: number;
  /** Median; 0 answers at once. */
  readonly laboratoryLatencyMs: number;
  readonly laboratoryLatencySpread: number;
  /** 0 is off. */
  readonly laboratoryLimitPerSec: number;
  readonly laboratoryTimeoutMs: number;
  readonly laboratoryConnections: number;
  readonly signBits: number;
  /** Secret behind the callers' tokens. */
  readonly secret: string;
  readonly adminToken: string;
  /** File to which a line per request is added; null: none. */
  readonly logPath: string | null;
  /** Share of writes, 0 to 1, whose connection is cut after the commit and before the reply. */
  readonly dropReplyShare: number;
  /** How long the reply to a write is held back after the commit. */
  readonly replyDelayMs: number;
  /** Share of writes whose reply is. */
  readonly replyDelayShare: number;
  /** Share of writes that are accepted and not stored. */
  readonly loseShare: number;
  /** Share of reports and check-ins that are applied twice, as two rows. */
  readonly duplicateShare: number;
  /** How long an accepted check-in is nowhere to be seen before it is queued. */
  readonly lateWriteMs: number;
  /** Hop that forgets which run a request belongs to. */
  readonly dropTagAt: Hop | null;
}

/** Public on purpose: good for a service that only this machine can reach, refused anywhere else. */
export const loopbackSecret = "health-code-loopback-secret";
export const loopbackAdminToken = "health-code-loopback-token";

/** A service on loopback with one worker, no limits, and a laboratory that answers in some 30 ms. */
export const defaults: ServiceConfig = {
  host: "127.0.0.1",
  port: 8460,
  adminPort: 8461,
  laboratoryPort: 0,
  workers: 1,
  databasePath: null,
  databaseUrl: null,
  redisUrl: null,
  realCitizens: 200,
  rateLimitPerSec: 0,
  cacheTtlMs: 2_000,
  cacheCapacity: 50_000,
  cacheStampedeProtection: true,
  storeReadDelayMs: 0,
  storePoolSize: 10,
  queueCapacity: 10_000,
  queueRatePerSec: 0,
  laboratoryLatencyMs: 30,
  laboratoryLatencySpread: 0.3,
  laboratoryLimitPerSec: 0,
  laboratoryTimeoutMs: 2_000,
  laboratoryConnections: 256,
  signBits: 2_048,
  secret: loopbackSecret,
  adminToken: loopbackAdminToken,
  logPath: null,
  dropReplyShare: 0,
  replyDelayMs: 0,
  replyDelayShare: 1,
  loseShare: 0,
  duplicateShare: 0,
  lateWriteMs: 0,
  dropTagAt: null,
};

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The whole configuration: what was given, else the knob's environment variable, else the default.
 * Throws ServiceError `configuration` with every fault found.
 */
export function resolveConfig(given: Partial<ServiceConfig>, environment: NodeJS.ProcessEnv = process.env): ServiceConfig {
  const config: ServiceConfig = { ...defaults, ...configFrom(environment, "every start"), ...given };
  const values = knobs.flatMap((knob) => faultOf(knob, config[knob.key]) ?? []);
  const faults = [...unknownKeys(given), ...values, ...twoStores(config), ...exposure(config)];
  if (faults.length > 0) throw new ServiceError("configuration", "the service's configuration cannot be used", faults);
  return config;
}

/** What the environment sets, of the variables that are read there. */
export function configFrom(environment: NodeJS.ProcessEnv, readBy: NonNullable<Knob["readBy"]>): Partial<ServiceConfig> {
  const found = knobs.flatMap((knob) => {
    const value = knob.environment === undefined || knob.readBy !== readBy ? undefined : environment[knob.environment];
    return value === undefined ? [] : [[knob.key, value] as const];
  });
  return Object.fromEntries(found);
}

function twoStores({ databasePath, databaseUrl }: ServiceConfig): string[] {
  if (databasePath === null || databaseUrl === null) return [];
  return ["databasePath and databaseUrl: rows are kept in one store; leave one of the two out"];
}

function unknownKeys(given: object): string[] {
  return Object.keys(given)
    .filter((key) => !(key in defaults))
    .map((key) => `${key}: no such setting; known are ${Object.keys(defaults).join(", ")}`);
}

function exposure(config: ServiceConfig): string[] {
  if (isLoopback(config.host)) return [];
  const faults: string[] = [];
  const reason = `since its default is public and ${config.host} is no loopback address`;
  if (config.secret === loopbackSecret) faults.push(`HEALTH_CODE_SECRET must be set, ${reason}`);
  if (config.adminToken === loopbackAdminToken) faults.push(`HEALTH_CODE_ADMIN_TOKEN must be set, ${reason}`);
  return faults;
}
