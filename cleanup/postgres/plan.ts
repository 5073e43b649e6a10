/** What `{postgres: ...}` comes to for one run. Pure. */
import type { StorePlan } from "../../src/model/cleanup.ts";
import type { PostgresCleanup, PostgresTable } from "../../src/model/cleanup-rules.ts";
import { Fault } from "../../src/model/fault.ts";
import { checkRunId, defaultRowsPerSec, largestBatchRows } from "../bounds.ts";

/** Rows per DELETE where the scenario does not say: some milliseconds of locks on rows that nobody else wants. A guess. */
const defaultBatchRows = 1_000;
/** Most rows per second that a scenario may allow: more than one connection removes. A guess. */
const mostRowsPerSec = 1_000_000;
/** Column that holds the run id where the scenario does not say. */
const defaultTagColumn = "synthetic_run";
/** PostgreSQL cuts longer names off without a word (NAMEDATALEN - 1), which could make one the name of another table. */
const longestNameBytes = 63;

/** One table of a plan with everything filled in. */
export interface PlannedTable {
  /** As the scenario names it. */
  readonly place: string;
  /** Null: found by the search path. */
  readonly schema: string | null;
  readonly table: string;
  readonly tagColumn: string;
  readonly ids: { readonly operation: string; readonly column: string } | null;
  readonly changedAt: string | null;
}

/** The plan for one run's rows in a PostgreSQL. Throws a usage Fault that lists everything that is wrong. */
export function planPostgres(settings: PostgresCleanup, name: string, runId: string): StorePlan {
  checkRunId(runId);
  const faults = faultsOf(settings);
  if (faults.length > 0)
    throw new Fault("usage", [`cleanup.postgres cannot be used:`, ...faults.map((fault) => `  ${fault}`)].join("\n"));
  const { url, batch = defaultBatchRows, rowsPerSec = defaultRowsPerSec } = settings;
  const secretFrom = variableOf(url);
  const where = secretFrom === null ? addressOf(url) : `the database of ${secretFrom}`;
  const tables = plannedTables(settings).map((table) => `${table.place} ${rowsOf(table, runId)}`);
  return { name, kind: "postgres", how: `DELETE FROM ${tables.join(", ")} in ${where}`, secretFrom, batch, rowsPerSec };
}

/** The tables in the order in which they are swept. */
export function plannedTables({ tables, tagColumn = defaultTagColumn }: PostgresCleanup): PlannedTable[] {
  return tables.map((given) => {
    const table: PostgresTable = typeof given === "string" ? { name: given } : given;
    const parts = table.name.split(".");
    return {
      place: table.name,
      schema: parts.length === 1 ? null : (parts[0] ?? null),
      table: parts.at(-1) ?? "",
      tagColumn: table.tagColumn ?? tagColumn,
      ids: table.ids ?? null,
      changedAt: table.changedAt ?? null,
    };
  });
}

function rowsOf({ ids, tagColumn }: PlannedTable, runId: string): string {
  return ids === null ? `(${tagColumn} = ${runId})` : `(${ids.column} created by ${ids.operation})`;
}

function faultsOf(settings: PostgresCleanup): string[] {
  const { url, tables, tagColumn, tombstones, batch, rowsPerSec } = settings;
  const names = plannedTables(settings).map(({ place }) => place);
  const twice = names.filter((name, at) => names.indexOf(name) < at);
  return [
    ...urlFaults(url),
    ...(tables.length === 0 ? ["tables: received none; expected at least one"] : []),
    ...tables.flatMap((table, at) => tableFaults(typeof table === "string" ? { name: table } : table, `tables[${at}]`)),
    ...twice.map((name) => `tables: received ${JSON.stringify(name)} more than once`),
    ...nameFaults(tagColumn, "tagColumn"),
    ...qualifiedNameFaults(tombstones, "tombstones"),
    ...rangeFaults(batch, largestBatchRows, "batch"),
    ...rangeFaults(rowsPerSec, mostRowsPerSec, "rowsPerSec"),
  ];
}

function tableFaults({ name, tagColumn, ids, changedAt }: PostgresTable, at: string): string[] {
  return [
    ...qualifiedNameFaults(name, `${at}.name`),
    ...nameFaults(tagColumn, `${at}.tagColumn`),
    ...nameFaults(ids?.column, `${at}.ids.column`),
    ...(ids?.operation === "" ? [`${at}.ids.operation: received ""; expected the name of an operation`] : []),
    ...nameFaults(changedAt, `${at}.changedAt`),
  ];
}

/** What is no address is not repeated: it may hold a password all the same. */
function urlFaults(url: string): string[] {
  if (variableOf(url) !== null) return [];
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !/^postgres(ql)?:$/.test(address.protocol))
    return ['url: expected "env:NAME", or "postgres://user@host:port/database" of one host'];
  const secret = address.password !== "" || [...address.searchParams.keys()].some((key) => /pass/i.test(key));
  return secret ? ['url: received an address with a password in it; write "env:NAME", and put it into that variable'] : [];
}

function qualifiedNameFaults(name: string | undefined, field: string): string[] {
  if (name === undefined) return [];
  const parts = name.split(".");
  if (parts.length <= 2 && parts.every(isName)) return [];
  return [`${field}: received ${JSON.stringify(name)}; expected "table" or "schema.table", as PostgreSQL lists it`];
}

function nameFaults(name: string | undefined, field: string): string[] {
  if (name === undefined || isName(name)) return [];
  return [`${field}: received ${JSON.stringify(name)}; expected the name of a column`];
}

/** Names that need no quotes but for their case (PostgreSQL manual, 4.1.1). They are quoted nevertheless. */
function isName(name: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name) && Buffer.byteLength(name) <= longestNameBytes;
}

function rangeFaults(value: number | undefined, most: number, field: string): string[] {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= most)) return [];
  return [`${field}: received ${value}; expected a whole number of rows from 1 to ${most}`];
}

function variableOf(url: string): string | null {
  return /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(url)?.[1] ?? null;
}

function addressOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
