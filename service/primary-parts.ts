/** What the primary keeps things in, as the configuration has it. */
import { complain } from "./complain.ts";
import type { ServiceConfig } from "./config.ts";
import { openStore } from "./open-store.ts";
import { WriteQueue, type CheckinQueue } from "./queue.ts";
import { RedisCodes } from "./redis-codes.ts";
import { connectRedis } from "./redis-connection.ts";
import { RedisCounters } from "./redis-counters.ts";
import { RedisQueue } from "./redis-queue.ts";
import type { Store } from "./store.ts";
import { WriteFaults } from "./write-faults.ts";

/** Opened, and filled with who is there from the start. */
export interface OpenParts {
  readonly store: Store;
  readonly queue: CheckinQueue;
  /** What all workers share in a Redis; null where there is none. */
  readonly shared: { readonly codes: RedisCodes; readonly counters: RedisCounters } | null;
  readonly faults: WriteFaults;
  /** Runs that were swept before. */
  readonly tombstones: Set<string>;
  close(): Promise<void>;
}

/** Throws ServiceError, or what SQLite throws, where something cannot be opened; the process then ends. */
export async function openParts(config: ServiceConfig, databasePath: string): Promise<OpenParts> {
  const store = await openStore(config, databasePath);
  await store.seed(config.realCitizens);
  const faults = new WriteFaults(config);
  const tombstones = new Set(await store.tombstones());
  if (config.redisUrl === null) {
    const queue = new WriteQueue(config.queueCapacity);
    return { store, queue, shared: null, faults, tombstones, close: () => store.close() };
  }
  const redis = await connectRedis(config.redisUrl, complain);
  const shared = { codes: new RedisCodes(redis, config.cacheTtlMs), counters: new RedisCounters(redis) };
  for (const run of await shared.counters.tombstones()) tombstones.add(run);
  const close = async (): Promise<void> => {
    redis.disconnect();
    await store.close();
  };
  return { store, queue: new RedisQueue(redis, config.queueCapacity), shared, faults, tombstones, close };
}
