/** Check-ins that wait in a Redis stream: they outlive the service, and go when they are stored. */
import type { QueuedCheckin } from "./messages.ts";
import type { CheckinQueue, Offer, QueueFigures } from "./queue.ts";
import { redisKeys, type Redis } from "./redis-connection.ts";

/** Entries read at a time where the whole stream is looked through. */
const entriesPerRead = 1_000;

/** In one step, so that nothing of a swept run is queued after its tombstone, and the bound holds. */
const addUnlessSwept = `
  if redis.call("SISMEMBER", KEYS[1], ARGV[1]) == 1 then return "tombstoned" end
  if redis.call("XLEN", KEYS[2]) >= tonumber(ARGV[7]) then return "full" end
  redis.call("XADD", KEYS[2], "*", "run", ARGV[1], "id", ARGV[2], "citizenId", ARGV[3], "venueId", ARGV[4],
    "atMs", ARGV[5], "requestId", ARGV[6])
  return "queued"`;

type Entry = readonly [entryId: string, fields: readonly string[]];

/**
 * At least once: an entry is removed after it is stored, so that one whose consumer died is stored again, where its id is known. Counts
 * are of this process.
 */
export class RedisQueue implements CheckinQueue {
  readonly capacity: number;
  readonly #redis: Redis;
  #accepted = 0;
  #consumed = 0;
  #dropped = 0;
  #taken: readonly string[] = [];

  constructor(redis: Redis, capacity: number) {
    this.#redis = redis;
    this.capacity = capacity;
  }

  async offer({ run, checkin }: QueuedCheckin): Promise<Offer> {
    const { id, citizenId, venueId, atMs, requestId } = checkin;
    const keys = [redisKeys.tombstones, redisKeys.checkins];
    const values = [run ?? "", id, citizenId, venueId, atMs, requestId, this.capacity];
    const offer = (await this.#redis.eval(addUnlessSwept, 2, ...keys, ...values)) as Offer;
    if (offer === "queued") this.#accepted += 1;
    return offer;
  }

  /** Those of runs that are tombstoned by now are dropped here. */
  async take(count: number): Promise<readonly QueuedCheckin[]> {
    const entries = await this.#redis.xrange(redisKeys.checkins, "-", "+", "COUNT", count);
    this.#taken = entries.map(([entryId]) => entryId);
    const items = entries.map(checkinOf);
    const swept = await this.#swept(items);
    const wanted = items.filter(({ run }) => run === null || !swept.has(run));
    this.#dropped += items.length - wanted.length;
    if (wanted.length === 0 && items.length > 0) {
      await this.stored();
      return this.take(count);
    }
    return wanted;
  }

  async stored(): Promise<void> {
    if (this.#taken.length === 0) return;
    this.#consumed += await this.#redis.xdel(redisKeys.checkins, ...this.#taken);
    this.#taken = [];
  }

  putBack(): void {
    this.#taken = [];
  }

  async countOf(run: string): Promise<number> {
    let count = 0;
    for await (const entryIds of this.#entriesOf(run)) count += entryIds.length;
    return count;
  }

  async forget(run: string): Promise<number> {
    let count = 0;
    for await (const entryIds of this.#entriesOf(run)) {
      if (entryIds.length > 0) count += await this.#redis.xdel(redisKeys.checkins, ...entryIds);
    }
    this.#dropped += count;
    return count;
  }

  countDropped(items: number): void {
    this.#dropped += items;
  }

  async figures(): Promise<QueueFigures> {
    const [depth, [oldest]] = await Promise.all([
      this.#redis.xlen(redisKeys.checkins),
      this.#redis.xrange(redisKeys.checkins, "-", "+", "COUNT", 1),
    ]);
    const oldestAgeSeconds = oldest === undefined ? 0 : Math.max(0, Date.now() - Number.parseInt(oldest[0], 10)) / 1_000;
    return { depth, oldestAgeSeconds, accepted: this.#accepted, consumed: this.#consumed, dropped: this.#dropped };
  }

  async #swept(items: readonly QueuedCheckin[]): Promise<Set<string>> {
    const runs = [...new Set(items.map(({ run }) => run))].filter((run) => run !== null);
    if (runs.length === 0) return new Set();
    const marks = await this.#redis.smismember(redisKeys.tombstones, ...runs);
    return new Set(runs.filter((_, at) => marks[at] === 1));
  }

  async *#entriesOf(run: string): AsyncGenerator<string[]> {
    let from = "-";
    for (;;) {
      const entries: Entry[] = await this.#redis.xrange(redisKeys.checkins, from, "+", "COUNT", entriesPerRead);
      yield entries.filter((entry) => checkinOf(entry).run === run).map(([entryId]) => entryId);
      const last = entries.at(-1);
      if (last === undefined || entries.length < entriesPerRead) return;
      from = `(${last[0]}`;
    }
  }
}

function checkinOf([, fields]: Entry): QueuedCheckin {
  const values: Record<string, string> = {};
  for (let at = 0; at + 1 < fields.length; at += 2) values[fields[at] ?? ""] = fields[at + 1] ?? "";
  const { run = "", id = "", citizenId = "", venueId = "", atMs = "0", requestId = "" } = values;
  return { run: run === "" ? null : run, checkin: { id, citizenId, venueId, atMs: Number(atMs), requestId } };
}
