/** How many reports there are, kept beside them: of all, and of each synthetic run what it added. */
import type { Run } from "./messages.ts";
import { redisKeys, type Redis } from "./redis-connection.ts";

/** Both counters in one step; nothing of a swept run is counted after its tombstone, since its sweep has put the counters right. */
const addUnlessSwept = `
  if redis.call("SISMEMBER", KEYS[1], ARGV[1]) == 1 then return 0 end
  redis.call("INCRBY", KEYS[2], ARGV[2])
  if ARGV[1] ~= "" then redis.call("INCRBY", KEYS[3], ARGV[2]) end
  return 1`;

/** Takes back what a run has added, and its counter, in one step. */
const takeBack = `
  local added = tonumber(redis.call("GET", KEYS[2]) or "0")
  redis.call("DECRBY", KEYS[1], added)
  redis.call("DEL", KEYS[2])
  return added`;

/** The counters, and the set of swept runs that closes them. */
export class RedisCounters {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Negative where reports were removed. */
  async add(run: Run, reports: number): Promise<void> {
    const keys = [redisKeys.tombstones, redisKeys.reports, redisKeys.reportsOf(run ?? "")];
    await this.#redis.eval(addUnlessSwept, 3, ...keys, run ?? "", reports);
  }

  /** By how much a run has changed the counter: a report that was stored just before a crash may be taken back uncounted. */
  async countOf(run: string): Promise<number> {
    return Math.abs(Number((await this.#redis.get(redisKeys.reportsOf(run))) ?? 0));
  }

  /** Lowers the counter by that much, and gives it. */
  async forget(run: string): Promise<number> {
    const added = await this.#redis.eval(takeBack, 2, redisKeys.reports, redisKeys.reportsOf(run));
    return Math.abs(added as number);
  }

  async isTombstoned(run: string): Promise<boolean> {
    return (await this.#redis.sismember(redisKeys.tombstones, run)) === 1;
  }

  async addTombstone(run: string): Promise<void> {
    await this.#redis.sadd(redisKeys.tombstones, run);
  }

  tombstones(): Promise<string[]> {
    return this.#redis.smembers(redisKeys.tombstones);
  }
}
