/**
 * Counters that a run has raised. They are lowered by what it added, however often and wherever a sweep is cut off: what is taken back
 * and the mark that it was are one script, which Redis carries out whole or not at all.
 */
import { countOf } from "../../src/model/units.ts";
import type { RedisConnection, RedisReply } from "./connection.ts";
import type { PlannedCounter } from "./plan.ts";
import { StoreFault, type JournalAccess } from "../store.ts";

/**
 * How long a counter's mark is kept, seconds: 400 days. A sweep of the same run later than that would lower the counter again, so it must
 * outlive the record of a run. A guess.
 */
export const markSeconds = 400 * 86_400;

/** Lowers KEYS[1] by what KEYS[2] holds and removes KEYS[2]. Lua never sees the number: its own are exact up to 2^53 only. */
const takeBackAdded = `
local added = redis.call("GET", KEYS[2])
if not added then return 0 end
if redis.call("EXISTS", KEYS[1]) == 0 then return redis.error_reply("ERR the counter is gone") end
redis.call("DECRBY", KEYS[1], added)
redis.call("DEL", KEYS[2])
return 1`;

/** Lowers KEYS[1] by ARGV[1] in all, KEYS[2] holding how much of that was done before. */
const takeBackCounted = `
local taken = redis.call("GET", KEYS[2]) or "0"
if taken == ARGV[1] then return 0 end
if redis.call("EXISTS", KEYS[1]) == 0 then return redis.error_reply("ERR the counter is gone") end
redis.call("INCRBY", KEYS[1], taken)
redis.call("DECRBY", KEYS[1], ARGV[1])
redis.call("SET", KEYS[2], ARGV[1], "EX", ARGV[2])
return 1`;

export interface CounterState {
  /** What it holds now; null where it is not there. */
  readonly value: bigint | null;
  /** What of it is the run's. */
  readonly owed: bigint;
  /** What of it is its kin's, as far as their keys tell. */
  readonly kin: bigint;
}

export class RunCounter {
  readonly key: string;
  /** What it owes is told by the journal, and not by this Redis. */
  readonly isByJournal: boolean;
  readonly #connection: RedisConnection;
  readonly #counter: PlannedCounter;
  readonly #journal: JournalAccess;
  #counted: { readonly added: number; readonly unknown: number; readonly writes: number } | null = null;

  constructor(connection: RedisConnection, counter: PlannedCounter, journal: JournalAccess) {
    this.key = counter.key;
    this.isByJournal = counter.addedIn === null;
    this.#connection = connection;
    this.#counter = counter;
    this.#journal = journal;
  }

  /**
   * Throws a StoreFault where either is no whole number, where there is something to take back and no counter, and where the counter is
   * lower than what the journal says that the run added to it: then it is another one of that name.
   */
  async check(): Promise<void> {
    const { addedIn } = this.#counter;
    for (const key of addedIn === null ? [this.key] : [this.key, addedIn]) {
      // MGET gives null for what is no text.
      const type = await this.#connection.call("TYPE", key);
      if (type !== "string" && type !== "none") throw noCounter(key, String(type));
    }
    const { value, owed } = await this.state();
    if (value !== null && this.isByJournal && owed > 0n && value < owed) throw tooLow(this.key, value, owed);
    if (value !== null || owed === 0n) return;
    throw new StoreFault("usage", `the counter ${this.key} is not there, and the run has added ${owed} to it`, {
      detail: { fix: "check the key in cleanup.redis.counters" },
    });
  }

  /** All numbers of one instant. */
  async state(): Promise<CounterState> {
    const { addedIn, kinAddedIn, marker } = this.#counter;
    const reply = await this.#connection.call("MGET", this.key, addedIn ?? marker, ...kinAddedIn);
    const [value = null, told = null, ...others] = Array.isArray(reply) ? reply : [];
    const number = integerOf(told, addedIn ?? marker) ?? 0n;
    const owed = addedIn === null ? BigInt((await this.#count()).added) - number : number;
    const kin = others.reduce((sum: bigint, added, at) => sum + (integerOf(added, kinAddedIn[at] ?? "") ?? 0n), 0n);
    return { value: integerOf(value, this.key), owed, kin };
  }

  /** Whether there was anything to take back. Idempotent. */
  async takeBack(): Promise<boolean> {
    const { addedIn, marker } = this.#counter;
    const reply =
      addedIn === null
        ? await this.#connection.call("EVAL", takeBackCounted, 2, this.key, marker, (await this.#count()).added, markSeconds)
        : await this.#connection.call("EVAL", takeBackAdded, 2, this.key, addedIn);
    return reply === 1;
  }

  /** By how much it may be off, since writes whose outcome is not known may have raised it; null: by nothing. */
  async doubt(): Promise<{ readonly most: number; readonly problem: string } | null> {
    if (this.#counter.addedIn !== null) return null;
    const { unknown: most, writes } = await this.#count();
    if (most === 0) return null;
    const outcomes = `the outcome of ${countOf(writes, "write")} is not known`;
    return { most, problem: `the counter ${this.key} may be off by up to ${most}: ${outcomes}; a key for addedIn would tell` };
  }

  /** The journal of a run that is over does not change, so it is read once. */
  async #count() {
    return (this.#counted ??= await countWrites(this.#counter.perCreated, this.#journal));
  }
}

async function countWrites(perCreated: PlannedCounter["perCreated"], journal: JournalAccess) {
  const total = { added: 0, unknown: 0, writes: 0 };
  for (const [operation, amount] of Object.entries(perCreated)) {
    for await (const _write of journal.accepted(operation)) total.added += amount;
    for await (const _write of journal.open(operation)) {
      total.unknown += Math.abs(amount);
      total.writes += 1;
    }
  }
  return total;
}

function integerOf(reply: RedisReply, key: string): bigint | null {
  if (reply === null) return null;
  if (typeof reply === "string" && /^-?\d{1,19}$/.test(reply)) return BigInt(reply);
  throw noCounter(key, JSON.stringify(reply).slice(0, 60));
}

function tooLow(key: string, value: bigint, owed: bigint): StoreFault {
  return new StoreFault("usage", `the counter ${key} is lower than what the run is to take off it: it may be another Redis`, {
    detail: { received: String(value), expected: `at least ${owed}`, fix: "check url and counters in cleanup.redis" },
  });
}

function noCounter(key: string, received: string): StoreFault {
  return new StoreFault("usage", `${key} is no counter`, {
    detail: { received, expected: "a whole number", fix: "check cleanup.redis.counters" },
  });
}
