/** Keys of one run: found by SCAN, removed by UNLINK, which frees a big value beside the server's one thread. */
import { textsOf, type RedisConnection } from "./connection.ts";
import type { KeyPattern, RedisNames } from "./plan.ts";
import { StoreFault } from "../store.ts";

/** Keys that match a pattern, as the server hands them over: one may come twice while its table is resized (manual of SCAN). */
export async function* scannedKeys(
  connection: RedisConnection,
  pattern: string,
  batch: number,
): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const reply = await connection.call("SCAN", cursor, "MATCH", pattern, "COUNT", batch);
    const [next = "0", keys = []] = Array.isArray(reply) ? reply : [];
    cursor = String(next);
    yield textsOf(keys);
  } while (cursor !== "0");
}

export class RunKeys {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;
  /** Keys that look like the run's rows and are not: what it added to counters is needed until that was taken back. */
  readonly #kept: ReadonlySet<string>;
  #scan: AsyncGenerator<readonly string[]> | null = null;
  #found: string[] = [];

  constructor(connection: RedisConnection, names: RedisNames) {
    this.#connection = connection;
    this.#names = names;
    this.#kept = new Set(names.counters.flatMap(({ addedIn, marker }) => [marker, ...(addedIn === null ? [] : [addedIn])]));
  }

  /** How many there are; one that comes twice counts twice. Throws a StoreFault for a key that a pattern should not have matched. */
  async count(): Promise<number> {
    let count = 0;
    for await (const keys of this.#all()) count += keys.length;
    return count;
  }

  /** Removes at most `limit`, fewer only where none is left, and tells of each call that did. */
  async remove(limit: number, tell: (deleted: number) => void): Promise<void> {
    let deleted = 0;
    while (deleted < limit && (await this.#refill())) {
      const keys = this.#found.slice(0, limit - deleted);
      const unlinked = Number(await this.#connection.call("UNLINK", ...keys));
      deleted += unlinked;
      tell(unlinked);
      this.#found = this.#found.slice(keys.length);
    }
  }

  /** False at the end of the scan. A scan that failed begins anew: no key that stays through all of it is missed. */
  async #refill(): Promise<boolean> {
    while (this.#found.length === 0) {
      this.#scan ??= this.#all();
      const next = await this.#scan.next().catch((thrown: unknown) => {
        this.#scan = null;
        throw thrown;
      });
      if (next.done === true) {
        this.#scan = null;
        return false;
      }
      this.#found = [...next.value];
    }
    return true;
  }

  async *#all(): AsyncGenerator<readonly string[]> {
    const { keys: patterns, batch, runId } = this.#names;
    for (const [at, pattern] of patterns.entries()) {
      for await (const keys of scannedKeys(this.#connection, pattern.pattern, batch)) {
        const own = keys.filter((key) => !this.#kept.has(key) && !matchesAny(key, patterns.slice(0, at)));
        const foreign = own.find((key) => !belongsTo(key, runId));
        if (foreign !== undefined) throw foreignKey(foreign, pattern);
        yield own;
      }
    }
  }
}

/** Whether a key is named by any of the patterns. */
export function matchesAny(key: string, patterns: readonly KeyPattern[]): boolean {
  return patterns.some(({ matches }) => matches.test(key));
}

/** Whether the run id stands in a key by itself: `report:{run}*` also matches the keys of a run whose id is longer. */
function belongsTo(key: string, runId: string): boolean {
  return new RegExp(`(?<![a-z0-9])${runId}(?![a-z0-9])`).test(key);
}

function foreignKey(key: string, { pattern }: KeyPattern): StoreFault {
  return new StoreFault("safety", "a pattern of cleanup.redis.keys matches a key that is not this run's", {
    detail: {
      received: `${JSON.stringify(key)} by ${JSON.stringify(pattern)}`,
      fix: 'part the run id from what stands beside it: "report:{run}:*"',
    },
  });
}
