/**
 * Keys of others: those that `untagged` names and `keys` does not, be it for this run or for a canary of its handshake. What the run put into a key that it shares is left out: its entries of
 * a stream, its part of a counter. So a run that is swept leaves the digest that was there before it.
 */
import type { Untagged, UntaggedRow } from "../../src/model/cleanup.ts";
import { formatCount } from "../../src/model/units.ts";
import type { RedisConnection } from "./connection.ts";
import type { RunCounter } from "./counters.ts";
import { matchesAny, scannedKeys } from "./keys.ts";
import { markerPrefix, type KeyPattern, type RedisNames } from "./plan.ts";
import { isOfRun } from "./streams.ts";
import { addDigest, digestOf, mostMembers, TooManyMembers, valueDigest } from "./value.ts";

/** Keys that are read at once. */
const keysAtOnce = 16;

interface KeyDigest {
  readonly key: string;
  readonly digest: bigint;
}

export class UntaggedKeys {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;
  readonly #patterns: readonly KeyPattern[];
  readonly #counters: ReadonlyMap<string, RunCounter>;
  readonly #streams: ReadonlyMap<string, string>;
  #tooMany: string | null = null;

  constructor(connection: RedisConnection, names: RedisNames, patterns: readonly KeyPattern[], counters: readonly RunCounter[]) {
    this.#connection = connection;
    this.#names = names;
    this.#patterns = patterns;
    this.#counters = new Map(counters.map((counter) => [counter.key, counter]));
    this.#streams = new Map(names.streams.map(({ key, field }) => [key, field]));
  }

  /** Why the last look could not check them; null: it could. */
  get unchecked(): string | null {
    return this.#tooMany === null ? null : uncheckedSentence(this.#tooMany);
  }

  /** Null where a key holds too much to be read. */
  async state(): Promise<Untagged | null> {
    this.#tooMany = null;
    try {
      return await this.#sum();
    } catch (thrown) {
      if (!(thrown instanceof TooManyMembers)) throw thrown;
      this.#tooMany = thrown.key;
      return null;
    }
  }

  async #sum(): Promise<Untagged> {
    let count = 0;
    let sum = 0n;
    for await (const { key, digest } of this.#all()) {
      count += 1;
      sum = addDigest(sum, digestOf(key, String(digest)));
    }
    return { count, checksum: hex(sum) };
  }

  async *rows(): AsyncGenerator<UntaggedRow> {
    for await (const { key, digest } of this.#all()) yield { place: "keys", key: shownKey(key), digest: hex(digest), at: null };
  }

  /** Each key once, though a scan may give it twice: hence all their names are in memory, some 100 bytes each. */
  async *#all(): AsyncGenerator<KeyDigest> {
    const seen = new Set<string>();
    for (const { pattern } of this.#patterns) {
      for await (const keys of scannedKeys(this.#connection, pattern, this.#names.batch)) {
        const fresh = [...new Set(keys)].filter((key) => !seen.has(key) && this.#isOfOthers(key));
        for (const key of fresh) seen.add(key);
        for (let at = 0; at < fresh.length; at += keysAtOnce) yield* await this.#read(fresh.slice(at, at + keysAtOnce));
      }
    }
  }

  #isOfOthers(key: string): boolean {
    return !key.startsWith(markerPrefix) && key !== this.#names.tombstones && !matchesAny(key, this.#names.kin);
  }

  async #read(keys: readonly string[]): Promise<KeyDigest[]> {
    const digests = await Promise.all(keys.map(async (key) => ({ key, digest: await this.#digest(key) })));
    return digests.filter((one): one is KeyDigest => one.digest !== null);
  }

  /** Null: it is gone, or nothing in it is of others. A counter at 0 is as good as none, since the run may have begun it. */
  async #digest(key: string): Promise<bigint | null> {
    const counter = this.#counters.get(key);
    if (counter !== undefined) {
      const { value, owed, kin } = await counter.state();
      return value === null || value === owed + kin ? null : digestOf("counter", String(value - owed - kin));
    }
    const field = this.#streams.get(key);
    return valueDigest(this.#connection, key, (entry) => field !== undefined && isOfRun(entry, field, this.#names.runId));
  }
}

function uncheckedSentence(key: string): string {
  const most = formatCount(mostMembers);
  return `untagged keys were not checked, since ${shownKey(key)} has more than ${most} members: leave it out of cleanup.redis.untagged`;
}

function hex(digest: bigint): string {
  return digest.toString(16).padStart(16, "0");
}

/** As text where it is UTF-8, else as bytes in hexadecimal. */
function shownKey(key: string): string {
  const bytes = Buffer.from(key, "latin1");
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : `hex:${bytes.toString("hex")}`;
}
