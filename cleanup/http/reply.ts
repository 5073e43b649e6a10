/** The reply of `/synthetic/<run>`, which comes from outside: every field is checked before any is believed. */
import type { RowCounts, StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import { redact } from "../../src/safety/redact.ts";
import { StoreFault } from "../store.ts";

/** Most places that a reply may count rows in. Three are usual; more than this is not the reply we asked for. */
const mostPlaces = 32;
/** Largest believable count: beyond any store we know, and sums of 32 of them stay exact in a double. */
const largestCount = 1e12;
/** Longest checksum kept: SHA-512 in hex is 128 characters. */
const longestChecksum = 256;
/** Longest place, key or digest of a row, in characters. */
const longestText = 1_024;
/** How much of a wrong reply is quoted, in characters. */
const quotedCharacters = 200;

/** The state, and the count of deleted rows where the target gives one (the contract does not ask for it). */
export interface SyntheticReply {
  readonly state: StoreState;
  readonly deleted: number | null;
}

const expected = `{"run": "<run id>", "rows": {"store": 0, ...}, "untagged": {"count": 0, "checksum": "..."} or null, "tombstoned": true}`;

/** Reads a reply's body. Throws StoreFault that lists everything wrong with it at once and quotes its beginning, redacted. */
export function parseReply(body: string, runId: string, from: string): SyntheticReply {
  const fields = fieldsOf(body);
  if (typeof fields === "string") throw wrongReply(body, from, [fields]);
  const problems: string[] = [];
  const { run, tombstoned, deleted = null } = fields;
  const rows = rowsOf(fields["rows"], problems);
  const untagged = untaggedOf(fields["untagged"], problems);
  if (run !== runId) problems.push(`run is ${shown(run)}, not ${runId}`);
  if (typeof tombstoned !== "boolean") problems.push(`tombstoned is ${shown(tombstoned)}, not true or false`);
  if (deleted !== null && !isCount(deleted)) problems.push(`deleted is ${shown(deleted)}, not a count`);
  if (problems.length > 0) throw wrongReply(body, from, problems);
  return { state: { rows, untagged, tombstoned: tombstoned === true }, deleted: isCount(deleted) ? deleted : null };
}

/** Rows and untagged ones as a scenario's own function gives them. Throws RangeError that lists everything wrong with them. */
export function checkedState(value: unknown): Pick<StoreState, "rows" | "untagged"> {
  const problems: string[] = [];
  const fields = isFields(value) ? value : {};
  const state = { rows: rowsOf(fields["rows"], problems), untagged: untaggedOf(fields["untagged"], problems) };
  if (problems.length > 0) throw new RangeError(problems.join("; "));
  return state;
}

/** One line of a list of untagged rows. Throws StoreFault where it is none. */
export function parseRow(line: string, from: string): UntaggedRow {
  const fields = fieldsOf(line);
  if (typeof fields === "string") throw wrongRow(line, from, fields);
  const { place, key, digest, at = null } = fields;
  if (!isText(place) || !isText(key) || !isText(digest)) throw wrongRow(line, from, "place, key and digest are texts");
  if (at !== null && (typeof at !== "string" || Number.isNaN(Date.parse(at))))
    throw wrongRow(line, from, "at is an instant in ISO 8601, or null");
  return { place, key, digest, at };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestText;
}

function wrongRow(line: string, from: string, problem: string): StoreFault {
  return new StoreFault("unreachable", `a line of the reply to ${from} is no row: ${problem}`, {
    detail: {
      received: redact(line).slice(0, quotedCharacters),
      expected: '{"place": "store", "key": "...", "digest": "...", "at": "2026-01-01T00:00:00Z" or null}',
    },
  });
}

function wrongReply(body: string, from: string, problems: readonly string[]): StoreFault {
  return new StoreFault("unreachable", `the reply to ${from} is not what cleanup can believe: ${problems.join("; ")}`, {
    detail: {
      received: redact(body).slice(0, quotedCharacters),
      expected,
      fix: "check that admin and cleanup.http.path name the target's /synthetic endpoint",
    },
  });
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= largestCount;
}

/** The reply as an object, or what is wrong with it. */
function fieldsOf(body: string): Fields | string {
  try {
    const value: unknown = JSON.parse(body);
    return isFields(value) ? value : `it is ${shown(value)}, not an object`;
  } catch {
    return "it is not JSON";
  }
}

function rowsOf(value: unknown, problems: string[]): RowCounts {
  if (!isFields(value)) {
    problems.push(`rows is ${shown(value)}, not an object of counts`);
    return {};
  }
  const places = Object.entries(value);
  if (places.length === 0 || places.length > mostPlaces)
    problems.push(`rows has ${places.length} places, not 1 to ${mostPlaces}`);
  const wrong = places.slice(0, mostPlaces).filter(([place, count]) => !/^[\w.-]{1,64}$/.test(place) || !isCount(count));
  for (const [place, count] of wrong) problems.push(`rows.${place.slice(0, 64)} is ${shown(count)}, not a count`);
  return Object.fromEntries(places.filter((entry): entry is [string, number] => isCount(entry[1])));
}

function untaggedOf(value: unknown, problems: string[]): StoreState["untagged"] {
  if (value === undefined || value === null) return null;
  if (isFields(value)) {
    const { count, checksum } = value;
    if (isCount(count) && typeof checksum === "string" && checksum.length <= longestChecksum) return { count, checksum };
  }
  problems.push(`untagged is ${shown(value)}, not {count, checksum}`);
  return null;
}

/** At most 60 characters of a value as JSON, free of secrets; what has none (a bigint, a function) by its type. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  try {
    return redact(JSON.stringify(value) ?? `a ${typeof value}`).slice(0, 60);
  } catch {
    return `a ${typeof value}`;
  }
}
