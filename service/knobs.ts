/** One table that describes each setting, so that a command line makes its flags, its help and its checks from it. */
import type { ServiceConfig } from "./config.ts";
import { faultKnobs } from "./fault-knobs.ts";

/** What a value is, which decides how it is written and checked. */
export type KnobUnit = "port" | "count" | "per-second" | "duration" | "factor" | "switch" | "text" | "path" | "choice";

/** One setting as a command line shows it. */
export interface Knob {
  readonly key: keyof ServiceConfig;
  /** Null: never on a command line, where every user of the machine could read it. */
  readonly flag: string | null;
  readonly unit: KnobUnit;
  readonly about: string;
  /** Bounds of a number, inclusive; durations in milliseconds. */
  readonly min?: number;
  readonly max?: number;
  /** What a `choice` may be. */
  readonly choices?: readonly string[];
  /** Null, for none, is a value as well. */
  readonly isOptional?: true;
  /** Environment variable that sets it. */
  readonly environment?: string;
  /**
   * Who reads that variable. Addresses of stores are taken by `serve` alone: a demonstration must not write into whatever database a
   * shell happens to name.
   */
  readonly readBy?: "every start" | "serve";
}

const longestMs = 600_000;
const highestRate = 1_000_000;

/** All settings, in the order of the help. */
export const knobs: readonly Knob[] = [
  { key: "host", flag: "host", unit: "text", about: "address to listen on" },
  { key: "port", flag: "port", unit: "port", about: "public port; 0 takes any free one" },
  { key: "adminPort", flag: "admin-port", unit: "port", about: "port of /metrics and /synthetic; 0 takes any free one" },
  { key: "laboratoryPort", flag: "lab-port", unit: "port", about: "port of the laboratory stub; 0 takes any free one" },
  { key: "workers", flag: "workers", unit: "count", min: 1, max: 64, about: "worker processes that share the public port" },
  {
    key: "databasePath",
    flag: "database",
    unit: "path",
    isOptional: true,
    about: "SQLite file; without it a temporary one, removed at the end",
  },
  {
    key: "databaseUrl",
    flag: null,
    unit: "text",
    isOptional: true,
    environment: "DATABASE_URL",
    readBy: "serve",
    about: "PostgreSQL instead of SQLite: postgres://user:password@host:port/database",
  },
  {
    key: "redisUrl",
    flag: null,
    unit: "text",
    isOptional: true,
    environment: "REDIS_URL",
    readBy: "serve",
    about: "Redis for cache, queue and counters: redis://:password@host:port/0",
  },
  {
    key: "realCitizens",
    flag: "real-citizens",
    unit: "count",
    min: 0,
    max: 1_000_000,
    about: "genuine, untagged rows to start with",
  },
  {
    key: "rateLimitPerSec",
    flag: "rate-limit",
    unit: "per-second",
    min: 0,
    max: highestRate,
    about: "gateway limit over all workers, requests per second; 0 is off",
  },
  {
    key: "cacheTtlMs",
    flag: "cache-ttl",
    unit: "duration",
    min: 0,
    max: longestMs,
    about: "how long a code's record is cached; 0ms is off",
  },
  { key: "cacheCapacity", flag: "cache-capacity", unit: "count", min: 1, max: 1_000_000, about: "records cached per worker" },
  {
    key: "cacheStampedeProtection",
    flag: "stampede-protection",
    unit: "switch",
    about: "many misses of one key read the store once",
  },
  {
    key: "storeReadDelayMs",
    flag: "store-read-delay",
    unit: "duration",
    min: 0,
    max: longestMs,
    about: "how long a cache miss holds its store connection",
  },
  {
    key: "storePoolSize",
    flag: "store-pool",
    unit: "count",
    min: 1,
    max: 10_000,
    about: "store connections of a worker: delayed reads at once, and with PostgreSQL all reads",
  },
  {
    key: "queueCapacity",
    flag: "queue-capacity",
    unit: "count",
    min: 1,
    max: 1_000_000,
    about: "check-ins that may wait to be stored",
  },
  {
    key: "queueRatePerSec",
    flag: "queue-rate",
    unit: "per-second",
    min: 0,
    max: highestRate,
    about: "check-ins stored per second; 0 is as fast as it can",
  },
  {
    key: "laboratoryLatencyMs",
    flag: "lab-latency",
    unit: "duration",
    min: 0,
    max: longestMs,
    about: "median latency of the laboratory",
  },
  {
    key: "laboratoryLatencySpread",
    flag: "lab-spread",
    unit: "factor",
    min: 0,
    max: 3,
    about: "sigma of its lognormal latency; 0 is constant",
  },
  {
    key: "laboratoryLimitPerSec",
    flag: "lab-limit",
    unit: "per-second",
    min: 0,
    max: highestRate,
    about: "calls per second that it accepts; 0 is off",
  },
  {
    key: "laboratoryTimeoutMs",
    flag: "lab-timeout",
    unit: "duration",
    min: 1,
    max: longestMs,
    about: "how long a call to it may take",
  },
  {
    key: "laboratoryConnections",
    flag: "lab-connections",
    unit: "count",
    min: 1,
    max: 10_000,
    about: "connections to it, per worker",
  },
  { key: "signBits", flag: "sign-bits", unit: "count", min: 1_024, max: 8_192, about: "RSA key that signs each QR payload" },
  {
    key: "secret",
    flag: null,
    unit: "text",
    environment: "HEALTH_CODE_SECRET",
    readBy: "every start",
    about: "secret behind the callers' tokens",
  },
  {
    key: "adminToken",
    flag: null,
    unit: "text",
    environment: "HEALTH_CODE_ADMIN_TOKEN",
    readBy: "every start",
    about: "bearer token of /synthetic",
  },
  { key: "logPath", flag: "log", unit: "path", isOptional: true, about: "file to which a line per request is added" },
  ...faultKnobs,
];

/** What is wrong with a value in one sentence, or null. */
export function faultOf(knob: Knob, value: unknown): string | null {
  const expected = expectation(knob);
  return fits(knob, value) ? null : `${knob.key}: ${describe(knob, value)} is not ${expected}`;
}

/** A flag's text as a value: `800ms`, `1.5s`, `on`, `200`. Undefined where it is none; bounds are `faultOf`'s. */
export function parseKnob(knob: Knob, text: string): ServiceConfig[keyof ServiceConfig] | undefined {
  if (knob.unit === "text" || knob.unit === "path" || knob.unit === "choice") return text;
  if (knob.unit === "switch") return text === "on" ? true : text === "off" ? false : undefined;
  if (knob.unit !== "duration") return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (match[2] === "s" ? 1_000 : 1);
}

/** A value as `parseKnob` reads it. */
export function formatKnob(knob: Knob, value: ServiceConfig[keyof ServiceConfig]): string {
  if (knob.unit === "duration") return typeof value === "number" && value >= 1_000 ? `${value / 1_000}s` : `${String(value)}ms`;
  if (knob.unit === "switch") return value === true ? "on" : "off";
  return String(value);
}

const expectations: Readonly<Record<KnobUnit, (knob: Knob) => string>> = {
  port: () => "a port from 0 to 65535",
  count: ({ min, max }) => `a whole number from ${min} to ${max}`,
  "per-second": ({ min, max }) => `a number from ${min} to ${max}`,
  duration: ({ min, max }) => `a duration such as "800ms" or "1s", from ${min} ms to ${max} ms`,
  factor: ({ min, max }) => `a number from ${min} to ${max}`,
  switch: () => `"on" or "off"`,
  text: () => "a text of 1 to 256 characters",
  path: () => "a file path",
  choice: ({ choices = [] }) => `one of ${choices.join(", ")}`,
};

/** What would be accepted, for messages and help. */
export function expectation(knob: Knob): string {
  return expectations[knob.unit](knob);
}

function fits(knob: Knob, value: unknown): boolean {
  if (knob.unit === "switch") return typeof value === "boolean";
  if (value === null) return knob.isOptional === true;
  if (knob.unit === "choice") return typeof value === "string" && knob.choices?.includes(value) === true;
  if (knob.unit === "text" || knob.unit === "path") return typeof value === "string" && value.length > 0 && value.length <= 256;
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if ((knob.unit === "port" || knob.unit === "count") && !Number.isInteger(value)) return false;
  return value >= (knob.min ?? 0) && value <= (knob.max ?? 65_535);
}

function describe(knob: Knob, value: unknown): string {
  if (knob.flag === null) return "what was given (a secret, not shown)";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
