/** The leaves of `cleanup`. */
import { durationUs, integer, isFunction, isPath, isPlain, list, number, text } from "./accept.ts";
import { limits } from "./limits.ts";

/** `env:NAME` or `env:NAME:-fallback`. */
const reference = /^env:[A-Za-z_][A-Za-z0-9_]*(?::-(?<fallback>.*))?$/;
/** A column or table as PostgreSQL has it without quotes, with its schema or without. */
const identifier = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;
const tableName = /^(?:[A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

const namesRun = (value: string): boolean => isPlain(value) && value.includes("{run}");
const namesRunInPath = text((value) => isPath(value) && value.includes("{run}"));

/** An address without a password. */
const isOpenUrl = (value: string, ...protocols: readonly string[]): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, password } = new URL(value);
  return protocols.includes(protocol) && password === "";
};
const isRedisUrl = (value: string): boolean => isOpenUrl(value, "redis:", "rediss:");

const isTable = (value: unknown): boolean => {
  if (typeof value === "string") return tableName.test(value);
  const { name, tagColumn, ids, changedAt, ...others } = Object(value) as Partial<Record<string, unknown>>;
  const isColumn = (column: unknown): boolean => column === undefined || text((one) => identifier.test(one))(column);
  const { operation, column } = Object(ids) as Partial<Record<string, unknown>>;
  const hasIds = ids === undefined || (typeof operation === "string" && typeof column === "string" && isColumn(column));
  const known = Object.keys(others).length === 0 && isColumn(tagColumn) && isColumn(changedAt);
  return text((one) => tableName.test(one))(name) && known && hasIds;
};

const isStream = (value: unknown): boolean => {
  const { key, field, ...others } = Object(value) as Partial<Record<string, unknown>>;
  return text(isPlain)(key) && text(isPlain)(field) && Object.keys(others).length === 0;
};

const isCounter = (value: unknown): boolean => {
  const { key, addedIn, perCreated, ...others } = Object(value) as Partial<Record<string, unknown>>;
  const amounts = perCreated === undefined ? [] : Object.values(Object(perCreated) as object);
  const one = (addedIn === undefined) !== (perCreated === undefined);
  const fits = addedIn === undefined ? amounts.length > 0 && amounts.every(integer(1, 1_000_000)) : text(namesRun)(addedIn);
  return text(isPlain)(key) && one && fits && Object.keys(others).length === 0;
};

export const cleanupFields = {
  cleanupPath: {
    accepts: namesRunInPath,
    expected: 'a path that begins with "/" and contains {run}, so that only this run\'s rows are removed',
    write: 'path: "/synthetic/{run}"',
  },
  untaggedPath: {
    accepts: namesRunInPath,
    expected: 'a path that begins with "/" and contains {run}, of a list of all untagged rows',
    write: 'untagged: "/synthetic/{run}/untagged"',
  },
  token: {
    accepts: text((value) => reference.test(value)),
    expected: "the name of an environment variable, never the token itself",
    write: 'token: "env:PEAKPROOF_TOKEN"',
    secret: true,
  },
  postgresUrl: {
    accepts: text((value) => /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(value) || isOpenUrl(value, "postgres:", "postgresql:")),
    expected: "the name of an environment variable, without a fallback, or a postgres:// address without a password",
    write: 'url: "env:DATABASE_URL"',
    secret: true,
  },
  redisUrl: {
    accepts: text((value) => {
      const named = reference.exec(value);
      return named === null ? isRedisUrl(value) : isRedisUrl(named.groups?.["fallback"] ?? "redis://named");
    }),
    expected: "the name of an environment variable, or a redis:// address without a password, which may be its fallback",
    write: 'url: "env:REDIS_URL"',
    secret: true,
  },
  tables: {
    accepts: (value: unknown) => list(isTable, limits.cleanupParts)(value) && Array.isArray(value) && value.length > 0,
    expected:
      "tables in the order in which they are swept, each a name or { name, tagColumn, ids: { operation, column }, changedAt }",
    write: 'tables: ["idempotency_keys", "reports", { name: "citizens", changedAt: "changed_at" }]',
  },
  tagColumn: {
    accepts: text((value) => identifier.test(value)),
    expected: "a column that holds the run id",
    write: 'tagColumn: "synthetic_run"',
  },
  tombstoneTable: {
    accepts: text((value) => tableName.test(value)),
    expected: "a table whose first column takes the run id",
    write: 'tombstones: "tombstones"',
  },
  tombstoneSet: { accepts: text(isPlain), expected: "the key of a set that takes the run id", write: 'tombstones: "tombstones"' },
  keys: {
    accepts: list(text(namesRun), limits.cleanupParts),
    expected: "patterns of keys, each with {run} in it, so that only this run's keys are removed",
    write: 'keys: ["code:{run}:*"]',
  },
  streams: {
    accepts: list(isStream, limits.cleanupParts),
    expected: "streams as { key, field }, where the field of an entry holds the run id",
    write: 'streams: [{ key: "checkins", field: "run" }]',
  },
  counters: {
    accepts: list(isCounter, limits.cleanupParts),
    expected: "counters as { key, addedIn } with {run} in addedIn, or { key, perCreated: { operation: 1 } }",
    write: 'counters: [{ key: "stats:reports", addedIn: "stats:reports:{run}" }]',
  },
  untaggedKeys: {
    accepts: list(text(isPlain), limits.cleanupParts),
    expected: "patterns of keys that must stay as they are",
    write: 'untagged: ["code:*"]',
  },
  undoOperations: {
    accepts: list(text(isPlain), limits.operations),
    expected: "names of operations with undo, in the order in which they are taken back",
    write: 'operations: ["report"]',
  },
  undoRate: {
    accepts: number((value) => value > 0 && value <= limits.undoRatePerSec),
    expected: "requests per second, above 0 and at most 10,000",
    write: "ratePerSec: 200",
  },
  rowsPerSec: {
    accepts: integer(1, 10_000_000),
    expected: "a whole number of rows per second, at least 1",
    write: "rowsPerSec: 20_000",
  },
  customName: { accepts: text(isPlain), expected: "what it cleans", write: 'name: "search index"' },
  look: {
    accepts: isFunction,
    expected: "a function (context) that resolves with { rows: { place: count } }",
    write: "look: async ({ runId }) => ({ rows: { index: await count(runId) } })",
  },
  remove: {
    accepts: isFunction,
    expected: "a function (context, limit) that removes and resolves with how many",
    write: "remove: async ({ runId }, limit) => removeSome(runId, limit)",
  },
  batch: { accepts: integer(1, limits.batch), expected: "a whole number from 1 to 10,000", write: "batch: 500" },
  settle: { accepts: durationUs(0, limits.settleUs), expected: "a duration up to 5m", write: 'settle: "1s"' },
  none: {
    accepts: text(isPlain),
    expected: "the reason why nothing needs to be cleaned",
    write: 'none: "the target is thrown away"',
  },
} as const;
