/**
 * Every leaf of a scenario: what it accepts, in words, and an example to write. The scenario's schema and the command line's
 * overrides are both judged by these, so that a flag and a file never differ in what they allow.
 */
import { budgetExamples } from "../model/budget.ts";
import { parseDurationUs } from "../model/units.ts";

export interface Field {
  accepts(value: unknown): boolean;
  /** Completes "expected ...". */
  readonly expected: string;
  /** Completes "write ...". */
  readonly write: string;
  /** What was received may be a secret and is not shown. */
  readonly secret?: true;
}

/** Upper bounds of what a scenario may ask for, each with its reason. */
export const limits = {
  /** Arrivals per second at the top step: ten times what one machine's transport has been seen to send. */
  topRatePerSec: 1_000_000,
  /** Steps of one run; a search in finer steps is `peakproof capacity`'s. */
  steps: 50,
  multiple: 1_000,
  /** Longest hold: a soak test of a day. */
  holdUs: 24 * 3_600_000_000,
  /** Longest warm-up: nothing that we know takes longer than an hour to be warm. */
  warmupUs: 3_600_000_000,
  /** Requests of one run: `At.index` is mixed as a 32-bit word, and would repeat itself beyond it. */
  requests: 0x7fff_ffff,
  /** People: the index in a citizen's id has eight digits. */
  pool: 100_000_000,
  /** Connections from one address to one port: what is left of 65,536 local ports. */
  connections: 60_000,
  /** Latency histograms end at 35 minutes; nobody waits ten for a reply. */
  deadlineUs: 600_000_000,
  /** Load threads on one machine. */
  workers: 64,
  /** Target processes that are sampled each second. */
  pids: 64,
  /** Rows that one DELETE may remove: more would lock a store for long. */
  batch: 10_000,
  settleUs: 300_000_000,
  /** Each is judged at each step. */
  budgets: 100,
  operations: 64,
  nameCharacters: 80,
} as const;

/** Names of operations and checks: they become histogram tags and error keys. */
export const operationName = /^[a-z][a-z0-9_-]{0,31}$/i;

const number = (test: (value: number) => boolean) => (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && test(value);
const integer = (low: number, high: number) => number((value) => Number.isInteger(value) && value >= low && value <= high);
const text = (test: (value: string) => boolean) => (value: unknown) => typeof value === "string" && test(value);
const oneOf = (...choices: readonly string[]) => text((value) => choices.includes(value));
const list = (test: (value: unknown) => boolean, limit: number) => (value: unknown) =>
  Array.isArray(value) && value.length <= limit && value.every(test);
const durationUs = (low: number, high: number) =>
  text((value) => {
    const us = parseDurationUs(value);
    return us !== undefined && us >= low && us <= high;
  });
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
const isPlain = (value: string) => value.trim() !== "" && !/[\u0000-\u001f\u007f]/.test(value);
const isPath = (value: string) => /^\/[\u0021-\u007e]*$/.test(value);
const isStatus = integer(100, 599);

function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  return protocol === "http:" && username + password + search + hash === "" && pathname === "/";
}

const address = "an http:// address with no path, query or user name; https is not supported yet";
const someText = "a text without line breaks";
const path = 'a path that begins with "/" and has no spaces';

export const fields = {
  name: {
    accepts: text((value) => isPlain(value) && value.length <= limits.nameCharacters),
    expected: `a name of at most ${limits.nameCharacters} characters`,
    write: 'name: "health-code-mixed"',
  },
  target: { accepts: text(isAddress), expected: address, write: 'target: "http://127.0.0.1:8460"' },
  admin: { accepts: text(isAddress), expected: address, write: 'admin: "http://127.0.0.1:8461"' },
  ratePerSec: {
    accepts: number((value) => value > 0 && value <= limits.topRatePerSec),
    expected: "arrivals per second, above 0 and at most 1,000,000",
    write: "ratePerSec: 200",
  },
  multiples: {
    accepts: (value: unknown) =>
      list(
        number((multiple) => multiple > 0 && multiple <= limits.multiple),
        limits.steps,
      )(value) &&
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length,
    expected: `1 to ${limits.steps} different numbers above 0 and at most 1,000`,
    write: "multiples: [1, 2, 3, 5]",
  },
  hold: { accepts: durationUs(100_000, limits.holdUs), expected: "a duration from 100ms to 24h", write: 'hold: "30s"' },
  warmup: { accepts: durationUs(0, limits.warmupUs), expected: "a duration up to 1h", write: 'warmup: "5s", or "0s" for none' },
  pace: { accepts: oneOf("poisson", "uniform", "burst"), expected: '"poisson", "uniform" or "burst"', write: 'pace: "poisson"' },
  precision: { accepts: oneOf("timer", "spin"), expected: '"timer" or "spin"', write: 'precision: "timer"' },
  policy: { accepts: oneOf("keep-alive", "fresh"), expected: '"keep-alive" or "fresh"', write: 'policy: "keep-alive"' },
  maxConnections: { accepts: integer(1, limits.connections), expected: "a whole number from 1 to 60,000", write: "max: 2_000" },
  deadline: { accepts: durationUs(1_000, limits.deadlineUs), expected: "a duration from 1ms to 10m", write: 'deadline: "10s"' },
  usersName: { accepts: text(isPlain), expected: someText, write: 'name: "citizens"' },
  pool: { accepts: integer(1, limits.pool), expected: "a whole number from 1 to 100,000,000", write: "pool: 10_000" },
  popularity: { accepts: oneOf("uniform", "zipf"), expected: '"uniform" or "zipf"', write: 'popularity: "zipf"' },
  user: {
    accepts: isFunction,
    expected: "a function (seed, index) that makes a user",
    write: "users: citizens({ pool: 10_000 })",
  },
  createOperation: { accepts: text(isPlain), expected: "the name of a write operation", write: 'create: "citizen"' },
  createCount: { accepts: integer(1, limits.pool), expected: "a whole number from 1 to the pool's size", write: "count: 10_000" },
  kind: { accepts: oneOf("read", "write"), expected: '"read" or "write"', write: 'kind: "read"' },
  weight: {
    accepts: number((value) => value >= 0),
    expected: "a number of at least 0",
    write: "weight: 1, or 0 for an operation that only prepare uses",
  },
  request: {
    accepts: isFunction,
    expected: "a function (user, at) that returns { method, path, headers, json }",
    write: "request: (user) => ({ path: `/codes/${user.id}` })",
  },
  status: {
    accepts: (value: unknown) => isStatus(value) || (list(isStatus, 500)(value) && Array.isArray(value) && value.length > 0),
    expected: "an HTTP status from 100 to 599, or a list of them",
    write: "expect: { status: [200, 404] }",
  },
  check: {
    accepts: isFunction,
    expected: "a function (reply) that returns true or false",
    write: "checks: { named: (reply) => reply.json.name !== undefined }",
  },
  created: { accepts: isFunction, expected: "a function (reply) that returns an id", write: "created: (reply) => reply.json.id" },
  undo: {
    accepts: isFunction,
    expected: "a function (id) that returns a request",
    write: 'undo: (id) => ({ method: "DELETE", path: `/reports/${id}` })',
  },
  trivial: { accepts: text(isPath), expected: path, write: 'trivial: "/ping"' },
  prometheus: { accepts: text(isPath), expected: path, write: 'prometheus: "/metrics"' },
  pids: {
    accepts: list(integer(1, 0x7fff_ffff), limits.pids),
    expected: `a list of at most ${limits.pids} process ids`,
    write: "pids: [1234]",
  },
  budgets: {
    accepts: list((value) => typeof value === "string", limits.budgets),
    expected: `a list of at most ${limits.budgets} texts`,
    write: `budgets: [${budgetExamples.replace(" or ", ", ")}]`,
  },
  limitPerSec: { accepts: number((value) => value > 0), expected: "calls per second, above 0", write: "limitPerSec: 400" },
  callsPer: {
    accepts: number((value) => value >= 0),
    expected: "calls per request, at least 0",
    write: "callsPer: { report: 1 }",
  },
  notice: {
    accepts: text(isPlain),
    expected: "where the third party was told of the test",
    write: 'notice: "ticket OPS-1234"',
  },
  cleanupPath: {
    accepts: text((value) => isPath(value) && value.includes("{run}")),
    expected: 'a path that begins with "/" and contains {run}, so that only this run\'s rows are removed',
    write: 'path: "/synthetic/{run}"',
  },
  token: {
    accepts: text((value) => tokenReference.test(value)),
    expected: "the name of an environment variable, never the token itself",
    write: 'token: "env:PEAKPROOF_TOKEN"',
    secret: true,
  },
  batch: { accepts: integer(1, limits.batch), expected: "a whole number from 1 to 10,000", write: "batch: 500" },
  settle: { accepts: durationUs(0, limits.settleUs), expected: "a duration up to 5m", write: 'settle: "1s"' },
  none: {
    accepts: text(isPlain),
    expected: "the reason why nothing needs to be cleaned",
    write: 'none: "the target is thrown away"',
  },
  seed: { accepts: integer(0, 0xffff_ffff), expected: "a whole number from 0 to 4,294,967,295", write: "seed: 1" },
  workers: { accepts: integer(1, limits.workers), expected: `a whole number from 1 to ${limits.workers}`, write: "workers: 1" },
  holdUs: { accepts: integer(100_000, limits.holdUs), expected: "a duration from 100ms to 24h", write: "holdUs: 30_000_000" },
  warmupUs: { accepts: integer(0, limits.warmupUs), expected: "a duration up to 1h", write: "warmupUs: 5_000_000" },
} as const satisfies Record<string, Field>;

/** `env:NAME` or `env:NAME:-fallback`. */
const tokenReference = /^env:(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?<fallback>.*))?$/;

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
