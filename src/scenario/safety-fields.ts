/** The leaves of what proves the tag, of third parties, of faults, of limits, and of reading writes back. */
import { durationUs, integer, isFunction, isOrigin, isPath, isPlain, list, number, oneOf, text, type Accepts } from "./accept.ts";
import { limits } from "./limits.ts";

const reference = /^env:[A-Za-z_][A-Za-z0-9_]*(?::-.*)?$/;
const headerName = /^[a-z][a-z0-9-]{0,63}$/;
const hop = "a place to look: { http }, { postgres }, { redis }, { log } or { seen }";
const hopKinds = ["http", "postgres", "redis", "log", "seen"] as const;

const has = (value: unknown, required: readonly string[], optional: readonly string[] = []): boolean => {
  const entries = Object(value) as Partial<Record<string, unknown>>;
  const known = new Set([...required, ...optional]);
  return required.every((key) => text(isPlain)(entries[key])) && Object.keys(entries).every((key) => known.has(key));
};

/** What each kind of hop needs to be looked at. */
const hopParts: Readonly<Record<(typeof hopKinds)[number], Accepts>> = {
  http: (value) => has(value, ["path"], ["token", "field"]) && tokenIsNamed(value),
  postgres: (value) => has(value, ["url", "query"]),
  redis: (value) =>
    has(value, ["url"], ["key", "stream", "field"]) && (has(value, ["url", "key"]) || has(value, ["url", "stream", "field"])),
  log: (value) => has(value, ["file", "pattern"]) && String(Object(value).pattern).includes("{run}"),
  seen: isFunction,
};

function tokenIsNamed(value: unknown): boolean {
  const { token } = Object(value) as { readonly token?: unknown };
  return token === undefined || text((one) => reference.test(one))(token);
}

const isHop = (value: unknown): boolean => {
  const { operations, ...places } = Object(value) as Partial<Record<string, unknown>>;
  const [kind, ...others] = Object.keys(places);
  const known = hopKinds.find((one) => one === kind);
  if (known === undefined || others.length > 0) return false;
  return hopParts[known](places[known]) && (operations === undefined || list(text(isPlain), limits.operations)(operations));
};

export const safetyFields = {
  hop: { accepts: isHop, expected: hop, write: 'hops: { store: { http: { path: "/synthetic/{run}", field: "rows.store" } } }' },
  handshakeWithin: { accepts: durationUs(100_000, 60_000_000), expected: "a duration from 100ms to 1m", write: 'within: "5s"' },
  readBackCount: { accepts: integer(0, 1_000_000), expected: "a whole number from 0 to 1,000,000", write: "readBack: 3_000" },
  writesWithin: {
    accepts: durationUs(100_000, limits.settleUs),
    expected: "a duration from 100ms to 5m",
    write: 'within: "10s"',
  },
  replay: {
    accepts: number((value) => value >= 0 && value <= 1),
    expected: "the share of writes that is sent once more, 0 to 1",
    write: "replay: 0.01",
  },
  tagHeader: {
    accepts: text((value) => headerName.test(value)),
    expected: "a header's name, in lower case",
    write: 'tags: { run: "x-synthetic-run" }',
  },
  abort: {
    accepts: list((value) => typeof value === "string", limits.budgets),
    expected: `a list of at most ${limits.budgets} texts`,
    write: 'abort: ["errors > 50% for 5s", "scan p99 > 5s for 10s"]',
  },
  ceilingRate: { accepts: number((value) => value > 0), expected: "requests per second, above 0", write: "ratePerSec: 5_000" },
  ceilingCount: {
    accepts: integer(1, Number.MAX_SAFE_INTEGER),
    expected: "a whole number, at least 1",
    write: "writes: 100_000",
  },
  ceilingDuration: {
    accepts: durationUs(1_000_000, limits.holdUs),
    expected: "a duration from 1s to 24h",
    write: 'duration: "1h"',
  },
  lease: { accepts: text(isPath), expected: 'a path that begins with "/" and has no spaces', write: 'lease: "/lease"' },
  api: {
    accepts: text(isOrigin),
    expected: "the address of a Toxiproxy's REST API, or of peakproof proxy",
    write: 'api: "http://127.0.0.1:8474"',
  },
  toxicProxy: { accepts: text(isPlain), expected: "the name of a proxy", write: 'proxy: "lab"' },
  toxicAt: { accepts: durationUs(0, limits.holdUs), expected: "a duration since the first step's start", write: 'at: "10s"' },
  toxicFor: { accepts: durationUs(1_000, limits.holdUs), expected: "a duration of at least 1ms", write: 'for: "5s"' },
  toxicType: {
    accepts: oneOf("latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"),
    expected: "one of latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data",
    write: 'type: "latency"',
  },
  toxicStream: {
    accepts: oneOf("upstream", "downstream"),
    expected: '"upstream" or "downstream"',
    write: 'stream: "downstream"',
  },
  toxicity: {
    accepts: number((value) => value >= 0 && value <= 1),
    expected: "the share of connections, 0 to 1",
    write: "toxicity: 1",
  },
  toxicAttribute: {
    accepts: number((value) => value >= 0),
    expected: "a number of at least 0",
    write: "attributes: { latency: 500 }",
  },
} as const;
