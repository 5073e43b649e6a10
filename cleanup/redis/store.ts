/**
 * A Redis: keys of the run by pattern, its entries in shared streams, and what it added to counters. Needs the package `ioredis`. One
 * server or a primary, no cluster: a pattern is looked for on the one that the address names.
 */
import type { StorePlan, StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import type { RedisCleanup } from "../../src/model/cleanup-rules.ts";
import { RedisConnection } from "./connection.ts";
import { RunCounter } from "./counters.ts";
import { RunKeys } from "./keys.ts";
import { redisNames, type RedisNames } from "./plan.ts";
import { RunStream } from "./streams.ts";
import { UntaggedKeys } from "./untagged.ts";
import { ofUnknownOutcome, owedByJournal, type Removal, type Store, type StoreContext } from "../store.ts";

export { planRedis } from "./plan.ts";

export class RedisStore implements Store {
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;
  readonly #keys: RunKeys;
  readonly #streams: readonly RunStream[];
  readonly #counters: readonly RunCounter[];
  readonly #untagged: UntaggedKeys | null;
  /** Removed by calls that then failed. */
  #untold = 0;

  constructor(settings: RedisCleanup, _plan: StorePlan, context: StoreContext) {
    const { secret, signal, timeoutUs, journal, run } = context;
    const connection = new RedisConnection({ url: secret ?? settings.url, network: run.plan.connections, signal, timeoutUs });
    const names = redisNames(settings, run.runId, run.plan.operations.length);
    this.#connection = connection;
    this.#names = names;
    this.#keys = new RunKeys(connection, names);
    this.#streams = names.streams.map((stream) => new RunStream(connection, stream, names));
    this.#counters = names.counters.map((counter) => new RunCounter(connection, counter, journal));
    this.#untagged = names.untagged === null ? null : new UntaggedKeys(connection, names, names.untagged, this.#counters);
  }

  get warnings(): readonly string[] {
    const unchecked = this.#untagged?.unchecked ?? null;
    return unchecked === null ? [] : [unchecked];
  }

  /** Rows are keys, entries of streams, and what is still to be taken off counters. */
  async look(): Promise<StoreState> {
    const { keys, streams, tombstones, runId } = this.#names;
    const [told, counters] = [this.#counters.filter(isTold), this.#counters.filter((counter) => !isTold(counter))];
    const doubts = (await Promise.all(this.#counters.map((counter) => counter.doubt()))).filter((doubt) => doubt !== null);
    const unknown = doubts.reduce((sum, { most }) => sum + most, 0);
    const closed = tombstones === null ? null : (await this.#connection.call("SISMEMBER", tombstones, runId)) === 1;
    return {
      rows: {
        ...(keys.length === 0 ? {} : { keys: await this.#keys.count() }),
        ...(streams.length === 0 ? {} : { streams: await sumOf(this.#streams, (stream) => stream.count()) }),
        ...(counters.length === 0 ? {} : { counters: await sumOf(counters, owedBy) }),
        ...(told.length === 0 ? {} : { [owedByJournal]: await sumOf(told, owedBy) }),
        ...(unknown === 0 ? {} : { [ofUnknownOutcome]: unknown }),
      },
      untagged: (await this.#untagged?.state()) ?? null,
      tombstoned: closed,
      ...(unknown === 0 ? {} : { unresolved: { count: unknown, problems: doubts.map(({ problem }) => problem) } }),
    };
  }

  /**
   * Patterns match keys of this run alone; counters are there and are whole numbers. What `keys` names is none of the untagged by
   * definition, so the two cannot overlap.
   */
  async guard(): Promise<void> {
    for (const counter of this.#counters) await counter.check();
    await this.#keys.count();
  }

  /** Closes the run, lowers counters (one row each, but for what only the journal tells), and removes entries and keys. */
  async remove(limit: number): Promise<Removal> {
    const { tombstones, runId } = this.#names;
    if (tombstones !== null) await this.#connection.call("SADD", tombstones, runId);
    let removed = 0;
    const tell = (count: number): void => {
      removed += count;
      this.#untold += count;
    };
    for (const counter of this.#counters) {
      const isLowered = await counter.takeBack();
      if (!isTold(counter)) tell(Number(isLowered));
    }
    for (const stream of this.#streams) if (removed < limit) await stream.remove(limit - removed, tell);
    if (removed < limit) await this.#keys.remove(limit - removed, tell);
    const deleted = this.#untold;
    this.#untold = 0;
    return { deleted, remaining: removed < limit ? 0 : null };
  }

  untaggedRows(): AsyncIterable<UntaggedRow> | null {
    return this.#untagged?.rows() ?? null;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

function isTold({ isByJournal }: RunCounter): boolean {
  return isByJournal;
}

/** As a count: stock that the run has used up is owed, too. */
async function owedBy(counter: RunCounter): Promise<number> {
  const { owed } = await counter.state();
  return Math.abs(Number(owed));
}

async function sumOf<Item>(items: readonly Item[], count: (item: Item) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const item of items) sum += await count(item);
  return sum;
}
