/**
 * Every leaf of a scenario: what it accepts, in words, and an example to write. The scenario's schema and the command line's
 * overrides are both judged by these, so that a flag and a file never differ in what they allow.
 */
import { budgetExamples } from "../model/budget.ts";
import { integer, isFunction, isPath, isPlain, list, number, oneOf, text, type Accepts } from "./accept.ts";
import { cleanupFields } from "./cleanup-fields.ts";
import { connectionFields } from "./connection-fields.ts";
import { limits } from "./limits.ts";
import { loadFields } from "./load-fields.ts";
import { operationFields } from "./operation-fields.ts";
import { safetyFields } from "./safety-fields.ts";

export interface Field {
  readonly accepts: Accepts;
  /** Completes "expected ...". */
  readonly expected: string;
  /** Completes "write ...". */
  readonly write: string;
  /** What was received may be a secret and is not shown. */
  readonly secret?: true;
}

/** Names of operations, journeys and checks: they become histogram tags and error keys. */
export const operationName = /^[a-z][a-z0-9_-]{0,31}$/i;

const someText = "a text without line breaks";
const path = 'a path that begins with "/" and has no spaces';

export const fields = {
  ...loadFields,
  ...connectionFields,
  ...operationFields,
  ...cleanupFields,
  ...safetyFields,
  name: {
    accepts: text((value) => isPlain(value) && value.length <= limits.nameCharacters),
    expected: `a name of at most ${limits.nameCharacters} characters`,
    write: 'name: "health-code-mixed"',
  },
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
  setup: {
    accepts: isFunction,
    expected: "a function (context) that returns what at.setup is to be",
    write: "setup: async ({ target, headers }) => ({ session: await logIn(target, headers) })",
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
  stubbed: {
    accepts: (value) => typeof value === "boolean",
    expected: "true where the target calls a stand-in of the third party",
    write: "stubbed: true",
  },
  meter: {
    accepts: isMeter,
    expected: "a counter of its calls: { prometheus } by name and labels, or { proxy } by name",
    write: `meter: { prometheus: 'lab_calls_total{host="lab"}' }`,
  },
  seed: { accepts: integer(0, 0xffff_ffff), expected: "a whole number from 0 to 4,294,967,295", write: "seed: 1" },
  workers: { accepts: integer(1, limits.workers), expected: `a whole number from 1 to ${limits.workers}`, write: "workers: 1" },
  holdUs: { accepts: integer(100_000, limits.holdUs), expected: "a duration from 100ms to 24h", write: "holdUs: 30_000_000" },
  warmupUs: { accepts: integer(0, limits.warmupUs), expected: "a duration up to 1h", write: "warmupUs: 5_000_000" },
} as const satisfies Record<string, Field>;

/** The one or the other, and nothing else. */
function isMeter(value: unknown): boolean {
  const [[kind, named] = [], ...others] = Object.entries(Object(value) as object);
  return (kind === "prometheus" || kind === "proxy") && text(isPlain)(named) && others.length === 0;
}
