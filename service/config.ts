/** What the service can be told at start-up: one interface, one defaults object. `knobs.ts` describes each entry. */
import { ServiceError } from "./errors.ts";
import { faultOf, knobs } from "./knobs.ts";

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
  const config: ServiceConfig = { ...defaults, ...secretsFrom(environment), ...given };
  const faults = [...unknownKeys(given), ...knobs.flatMap((knob) => faultOf(knob, config[knob.key]) ?? []), ...exposure(config)];
  if (faults.length > 0) throw new ServiceError("configuration", "the service's configuration cannot be used", faults);
  return config;
}

function secretsFrom(environment: NodeJS.ProcessEnv): Partial<ServiceConfig> {
  const found = knobs.flatMap((knob) => {
    const value = knob.environment === undefined ? undefined : environment[knob.environment];
    return value === undefined ? [] : [[knob.key, value] as const];
  });
  return Object.fromEntries(found);
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
