/** The reply of `/synthetic/<run>`, which comes from outside: every field is checked before any is believed. */
import type { RowCounts, SyntheticState } from "../src/model/cleanup.ts";
import { redact } from "../src/safety/redact.ts";
import { StoreFault } from "./store.ts";

/** Most places that a reply may count rows in. Three are usual; more than this is not the reply we asked for. */
const mostPlaces = 32;
/** Largest believable count: beyond any store we know, and sums of 32 of them stay exact in a double. */
const largestCount = 1e12;
/** Longest checksum kept: SHA-512 in hex is 128 characters. */
const longestChecksum = 256;
/** How much of a wrong reply is quoted, in characters. */
const quotedCharacters = 200;

/** The state, and the count of deleted rows where the target gives one (the contract does not ask for it). */
export interface SyntheticReply {
  readonly state: SyntheticState;
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
  return { state: { run: runId, rows, untagged, tombstoned: tombstoned === true }, deleted: isCount(deleted) ? deleted : null };
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

function untaggedOf(value: unknown, problems: string[]): SyntheticState["untagged"] {
  if (value === undefined || value === null) return null;
  if (isFields(value)) {
    const { count, checksum } = value;
    if (isCount(count) && typeof checksum === "string" && checksum.length <= longestChecksum) return { count, checksum };
  }
  problems.push(`untagged is ${shown(value)}, not {count, checksum}`);
  return null;
}

/** At most 60 characters of a value as JSON, free of secrets. */
function shown(value: unknown): string {
  return value === undefined ? "missing" : redact(JSON.stringify(value)).slice(0, 60);
}
