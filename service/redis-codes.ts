/** The cache of codes that all workers share. */
import type { Run } from "./messages.ts";
import { redisKeys, type Redis } from "./redis-connection.ts";
import type { CodeRecord } from "./store.ts";

/** Keys looked at per SCAN. */
const keysPerScan = 1_000;

/** In one step, so that nothing of a swept run is cached after its tombstone. */
const setUnlessSwept = `
  if redis.call("SISMEMBER", KEYS[1], ARGV[1]) == 1 then return 0 end
  redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3])
  return 1`;

/** Each record is kept for the run that asked for it (or that it belongs to), and goes with that run's sweep. */
export class RedisCodes {
  readonly #redis: Redis;
  readonly #ttlMs: number;

  /** `ttlMs` 0: nothing is ever cached. */
  constructor(redis: Redis, ttlMs: number) {
    this.#redis = redis;
    this.#ttlMs = ttlMs;
  }

  /** Undefined where it is not cached, or Redis cannot be asked: a cache may be away. */
  async get(id: string, run: Run): Promise<CodeRecord | undefined> {
    try {
      const text = await this.#redis.get(redisKeys.code(run, id));
      return text === null ? undefined : (JSON.parse(text) as CodeRecord);
    } catch {
      return undefined;
    }
  }

  async set(id: string, record: CodeRecord, run: Run): Promise<void> {
    if (this.#ttlMs === 0) return;
    const keys = [redisKeys.tombstones, redisKeys.code(run, id)];
    await this.#redis.eval(setUnlessSwept, 2, ...keys, run ?? "", JSON.stringify(record), this.#ttlMs).catch(() => undefined);
  }

  async countOf(run: string): Promise<number> {
    let count = 0;
    for await (const keys of this.#keysOf(run)) count += keys.length;
    return count;
  }

  /** Removes a run's records; gives how many there were. */
  async forget(run: string): Promise<number> {
    let count = 0;
    for await (const keys of this.#keysOf(run)) if (keys.length > 0) count += await this.#redis.unlink(...keys);
    return count;
  }

  /** Each once, though SCAN may say one twice. */
  async *#keysOf(run: string): AsyncGenerator<string[]> {
    const seen = new Set<string>();
    let cursor = "0";
    do {
      const [next, keys] = await this.#redis.scan(cursor, "MATCH", redisKeys.code(run, "*"), "COUNT", keysPerScan);
      const fresh = keys.filter((key) => !seen.has(key));
      for (const key of fresh) seen.add(key);
      yield fresh;
      cursor = next;
    } while (cursor !== "0");
  }
}
