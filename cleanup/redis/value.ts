/** What a key holds as one digest, whatever way the server keeps it, and however long it still lives. */
import { createHash, type Hash } from "node:crypto";
import { formatCount } from "../../src/model/units.ts";
import { StoreFault } from "../store.ts";
import { textsOf, type RedisConnection, type RedisReply } from "./connection.ts";
import { streamPages, type StreamEntry } from "./streams.ts";

/** Bytes of a text, or members of anything else, that are read at a time. A guess at what nobody else has to wait for. */
const page = { bytes: 65_536, members: 500 } as const;

/** Most members of one set or hash that are told apart from those a scan gives twice: some 100 MB in memory. A guess. */
export const mostMembers = 1_000_000;

/** A key with more members than are read. */
export class TooManyMembers extends StoreFault {
  readonly key: string;

  constructor(key: string) {
    super("usage", `a key of cleanup.redis.untagged has more than ${formatCount(mostMembers)} members`);
    this.name = "TooManyMembers";
    this.key = key;
  }
}

/** Sum of digests, modulo 2^64: it does not depend on their order. */
export function addDigest(sum: bigint, digest: bigint): bigint {
  return BigInt.asUintN(64, sum + digest);
}

/** The first 64 bits of SHA-256 over parts, each with its length, so that no two lists of parts look alike. */
export function digestOf(...parts: readonly string[]): bigint {
  const hash = createHash("sha256");
  for (const part of parts) addPart(hash, part);
  return hash.digest().readBigUInt64BE();
}

function addPart(hash: Hash, part: string): void {
  hash.update(`${part.length}:`).update(part, "latin1");
}

/** The digest of a key's value; null where the key is gone. What a stream has of `left out` entries does not count. Throws TooManyMembers. */
export async function valueDigest(
  connection: RedisConnection,
  key: string,
  leftOut: (entry: StreamEntry) => boolean,
): Promise<bigint | null> {
  const type = String(await connection.call("TYPE", key));
  switch (type) {
    case "none":
      return null;
    case "string":
      return digestOfPages(type, textPages(connection, key));
    case "list":
      return digestOfPages(type, rangePages(connection, "LRANGE", key));
    case "zset":
      return digestOfPages(type, rangePages(connection, "ZRANGE", key, "WITHSCORES"));
    case "stream":
      return digestOfPages(type, entryPages(connection, key, leftOut));
    case "set":
      await refuseTooMany(connection, "SCARD", key);
      return digestOfMembers(type, memberPages(connection, "SSCAN", key), 1);
    case "hash":
      await refuseTooMany(connection, "HLEN", key);
      return digestOfMembers(type, memberPages(connection, "HSCAN", key), 2);
    default:
      // A module's own type: its serialized form must do.
      return digestOf(type, String(await connection.call("DUMP", key)));
  }
}

async function refuseTooMany(connection: RedisConnection, command: "SCARD" | "HLEN", key: string): Promise<void> {
  if (Number(await connection.call(command, key)) > mostMembers) throw new TooManyMembers(key);
}

/** In their order. Null for nothing at all: Redis has no empty text, list or set, and an emptied stream is as good as none. */
async function digestOfPages(type: string, pages: AsyncIterable<readonly string[]>): Promise<bigint | null> {
  const hash = createHash("sha256");
  addPart(hash, type);
  let count = 0;
  for await (const parts of pages) {
    for (const part of parts) addPart(hash, part);
    count += parts.length;
  }
  return type === "stream" && count === 0 ? null : hash.digest().readBigUInt64BE();
}

/** In no order, and each but once: a scan may give a member twice. */
async function digestOfMembers(type: string, pages: AsyncIterable<readonly string[]>, each: 1 | 2): Promise<bigint> {
  const seen = new Set<string>();
  let sum = 0n;
  for await (const parts of pages) {
    for (let at = 0; at < parts.length; at += each) {
      const member = parts[at] ?? "";
      if (seen.has(member)) continue;
      seen.add(member);
      sum = addDigest(sum, digestOf(...parts.slice(at, at + each)));
    }
  }
  return digestOf(type, String(sum));
}

async function* textPages(connection: RedisConnection, key: string): AsyncGenerator<readonly string[]> {
  for (let from = 0; ; from += page.bytes) {
    const text = String(await connection.call("GETRANGE", key, from, from + page.bytes - 1));
    yield [text];
    if (text.length < page.bytes) return;
  }
}

async function* rangePages(
  connection: RedisConnection,
  command: "LRANGE" | "ZRANGE",
  key: string,
  ...flags: readonly string[]
): AsyncGenerator<readonly string[]> {
  for (let from = 0; ; from += page.members) {
    const members = textsOf(await connection.call(command, key, from, from + page.members - 1, ...flags));
    yield members;
    if (members.length < page.members * (flags.length + 1)) return;
  }
}

async function* memberPages(
  connection: RedisConnection,
  command: "SSCAN" | "HSCAN",
  key: string,
): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const reply: RedisReply = await connection.call(command, key, cursor, "COUNT", page.members);
    const [next = "0", members = []] = Array.isArray(reply) ? reply : [];
    cursor = String(next);
    yield textsOf(members);
  } while (cursor !== "0");
}

async function* entryPages(
  connection: RedisConnection,
  key: string,
  leftOut: (entry: StreamEntry) => boolean,
): AsyncGenerator<readonly string[]> {
  for await (const entries of streamPages(connection, key, page.members)) {
    yield entries.filter((entry) => !leftOut(entry)).flatMap(({ id, fields }) => [id, String(fields.length)].concat(fields));
  }
}
