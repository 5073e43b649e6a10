/** What `{redis: ...}` comes to for one run. Pure. */
import type { StorePlan } from "../../src/model/cleanup.ts";
import type { RedisCleanup } from "../../src/model/cleanup-rules.ts";
import { Fault, messageOf } from "../../src/model/fault.ts";
import { batchWithin, checkRunId, defaultRowsPerSec } from "../bounds.ts";
import { alwaysHolds, bytesOf, globMatcher, literalGlob } from "./glob.ts";
import { canaryRunId } from "../../src/handshake/canaries.ts";
import { secretSource } from "../../src/safety/secret-source.ts";

/** Keys per SCAN and per UNLINK where the scenario does not say: a fraction of a millisecond of a server that does one thing at a time. A guess. */
export const defaultBatchKeys = 500;
/** Begin of the keys by which a sweep remembers what it took off a counter. They are ours and never rows of others. */
export const markerPrefix = "peakproof:taken-back:";

/** A pattern with the run filled in. */
export interface KeyPattern {
  readonly pattern: string;
  readonly matches: RegExp;
}

export interface PlannedCounter {
  readonly key: string;
  /** Key that holds what the run added; null: the journal tells. */
  readonly addedIn: string | null;
  /** The same of the run's kin: its handshake's canaries, or the run and the others where it is one of them. */
  readonly kinAddedIn: readonly string[];
  readonly perCreated: Readonly<Record<string, number>>;
  /** Key that holds what was taken back already of what the journal tells. */
  readonly marker: string;
}

/** The names of one run. Keys and patterns are bytes, one character each. */
export interface RedisNames {
  readonly runId: string;
  readonly keys: readonly KeyPattern[];
  /** The same keys, and those that say what was added, of the run and of all canaries of its handshake: no key of others. */
  readonly kin: readonly KeyPattern[];
  /** Null: keys of others are not checked. */
  readonly untagged: readonly KeyPattern[] | null;
  readonly streams: readonly { readonly key: string; readonly field: string }[];
  readonly counters: readonly PlannedCounter[];
  readonly tombstones: string | null;
  readonly batch: number;
}

/** The plan for one run's keys in a Redis. Throws a usage Fault that lists everything that is wrong. */
export function planRedis(settings: RedisCleanup, name: string, runId: string): StorePlan {
  checkRunId(runId);
  const faults = faultsOf(settings);
  if (faults.length > 0)
    throw new Fault("usage", ["cleanup.redis cannot be used:", ...faults.map((fault) => `  ${fault}`)].join("\n"));
  const { url, keys = [], streams = [], counters = [], batch = defaultBatchKeys } = settings;
  const secretFrom = url.startsWith("env:") ? secretSource(url, "cleanup.redis.url").name : null;
  const what = [
    ...counters.map(({ key }) => `lower ${key} by what the run added`),
    ...streams.map(({ key, field }) => `XDEL of ${key} where ${field} = ${runId}`),
    ...keys.map((pattern) => `UNLINK ${pattern.replaceAll("{run}", runId)}`),
  ];
  return {
    name,
    kind: "redis",
    how: `${what.join(", ")} in ${secretFrom === null ? shownUrl(url) : `the Redis of ${secretFrom}`}`,
    secretFrom,
    batch: batchWithin(batch, "cleanup.redis.batch"),
    rowsPerSec: defaultRowsPerSec,
  };
}

/** Settings that a plan was made from, with the run filled in. `canaries`: how many a handshake may have sent. */
export function redisNames(settings: RedisCleanup, runId: string, canaries: number): RedisNames {
  const { keys = [], untagged, streams = [], counters = [], tombstones, batch = defaultBatchKeys } = settings;
  const patternOf = (written: string, run = runId): KeyPattern => {
    const pattern = bytesOf(filled(written, run));
    return { pattern, matches: globMatcher(pattern) };
  };
  const family = familyOf(runId);
  const ids = [family, ...Array.from({ length: canaries }, (_, at) => canaryRunId(family, at + 1))];
  const kin = ids.filter((id) => id !== runId);
  const added = counters.flatMap(({ addedIn }) => (addedIn === undefined ? [] : [literalGlob(addedIn)]));
  return {
    runId,
    keys: keys.map((written) => patternOf(written)),
    kin: [...keys, ...added].map((written) => patternOf(written, `${family}*`)),
    untagged: untagged === undefined ? null : untagged.map((written) => patternOf(written)),
    streams: streams.map(({ key, field }) => ({ key: bytesOf(key), field: bytesOf(field) })),
    counters: counters.map(({ key, addedIn, perCreated }) => ({
      key: bytesOf(key),
      addedIn: addedIn === undefined ? null : bytesOf(filled(addedIn, runId)),
      kinAddedIn: addedIn === undefined ? [] : kin.map((id) => bytesOf(filled(addedIn, id))),
      perCreated: perCreated ?? {},
      marker: bytesOf(`${markerPrefix}${runId}:${key}`),
    })),
    tombstones: tombstones === undefined ? null : bytesOf(tombstones),
    batch,
  };
}

/** `redis://` or `rediss://` of one server, which may name a user, a password and a database; null for anything else. */
export function redisUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return /^rediss?:$/.test(url.protocol) && url.hostname !== "" && /^(\/\d{0,5})?$/.test(url.pathname) && url.search === ""
    ? url
    : null;
}

/** What the ids of a run and of its canaries begin with (`-c1`: `canaryRunId`). */
function familyOf(runId: string): string {
  return runId.replace(/-c\d{1,3}$/, "");
}

function filled(text: string, runId: string): string {
  return text.replaceAll("{run}", runId);
}

function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function faultsOf({ url, keys = [], untagged = [], streams = [], counters = [], tombstones }: RedisCleanup): string[] {
  const shared = [...streams.map(({ key }) => key), ...counters.map(({ key }) => key)];
  const twice = shared.filter((key, at) => shared.indexOf(key) < at);
  const nothing = keys.length + streams.length + counters.length === 0;
  return [
    ...urlFaults(url),
    ...(nothing ? ["received none of keys, streams and counters; expected at least one"] : []),
    ...keys.flatMap((pattern, at) => patternFaults(pattern, `keys[${at}]`, true)),
    ...untagged.flatMap((pattern, at) => patternFaults(pattern, `untagged[${at}]`, false)),
    ...[...shared, ...(tombstones === undefined ? [] : [tombstones])].flatMap(sharedFaults),
    ...twice.map((key) => `received ${JSON.stringify(key)} more than once among streams and counters`),
    ...counters.flatMap(counterFaults),
  ];
}

/** What is no address is not repeated: it may hold a password all the same. */
function urlFaults(url: string): string[] {
  const written = url.startsWith("env:") ? secretSource(url, "cleanup.redis.url").fallback : url;
  if (written === null) return [];
  const address = redisUrl(written);
  if (address === null) return ['url: expected "env:NAME", or "redis://host:port/database" or "rediss://..." of one server'];
  if (address.password === "") return [];
  return ['url: received an address with a password in it; write "env:NAME", and put it into that variable'];
}

/** A pattern of this run must hold the run id in whatever it matches: `[{run}]*` would match every key that begins with one of its letters. */
function patternFaults(pattern: string, field: string, ofRun: boolean): string[] {
  try {
    const named = alwaysHolds(pattern, "{run}");
    if (pattern !== "" && (named || !ofRun)) return [];
    const expected = ofRun ? 'a pattern with {run} in it, outside of any [], such as "report:{run}:*"' : "a pattern";
    return [`${field}: received ${JSON.stringify(pattern)}; expected ${expected}`];
  } catch (thrown) {
    return [`${field}: received ${JSON.stringify(pattern)}: ${messageOf(thrown)}`];
  }
}

function sharedFaults(key: string): string[] {
  if (key !== "" && !key.includes("{run}")) return [];
  return [`received the key ${JSON.stringify(key)}; expected one that is shared with others: without {run}, and not empty`];
}

function counterFaults({ key, addedIn, perCreated }: NonNullable<RedisCleanup["counters"]>[number]): string[] {
  const field = `counters ${JSON.stringify(key)}`;
  if ((addedIn === undefined) === (perCreated === undefined)) return [`${field}: expected either addedIn or perCreated`];
  if (addedIn !== undefined) {
    if (addedIn.includes("{run}")) return [];
    return [
      `${field}: received addedIn ${JSON.stringify(addedIn)}; expected a key with {run} in it, or it would mean every run's`,
    ];
  }
  const wrong = Object.entries(perCreated ?? {}).filter(([, amount]) => !Number.isSafeInteger(amount) || amount === 0);
  return wrong.map(([name, amount]) => `${field}: received ${amount} for each ${name}; expected a whole number other than 0`);
}
