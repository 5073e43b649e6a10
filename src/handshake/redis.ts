import type { Redis } from "ioredis";
import { Fault, messageOf } from "../model/fault.ts";
import type { Network } from "../model/plan.ts";
import { makeRedactor } from "../safety/redact.ts";
import { redisConnector } from "../wire/database-connect.ts";
import { withRun, type Canary, type Look, type Observer } from "./observer.ts";

/** Connecting, and one command, milliseconds. */
const answerMs = 5_000;
/** Keys looked at per SCAN: well under a millisecond of the server, which does nothing else meanwhile. */
const keysPerScan = 500;
/** Newest entries of a stream that are looked through: a canary is the newest write, and others may come in between. A guess. */
const entriesRead = 1_000;

export interface RedisPlace {
  readonly hop: string;
  readonly url: string;
  /** By which its name is looked up. */
  readonly network: Pick<Network, "permitted">;
  /** A key with `{run}` in it; with a `*`, a pattern. Null: a stream is looked at. */
  readonly key: string | null;
  readonly stream: { readonly key: string; readonly field: string } | null;
}

/** A key that is there, or an entry of a stream. */
export class RedisObserver implements Observer {
  readonly #place: RedisPlace;
  readonly #clean: (text: string) => string;
  /** What went wrong with the connection; a command that fails by it only says that it was closed. */
  #trouble: string | null = null;
  #opened: Promise<Redis> | null = null;

  constructor(place: RedisPlace) {
    this.#place = place;
    this.#clean = makeRedactor({}, [place.url]);
  }

  watch(canary: Canary): Look {
    return async (signal) => {
      const redis = await (this.#opened ??= this.#open());
      try {
        const { key, stream } = this.#place;
        if (stream !== null) return await streamHas(redis, stream.key, stream.field, canary.runId);
        return await keyIsThere(redis, withRun(key ?? "", canary), signal);
      } catch (thrown) {
        this.#forget(redis);
        throw this.#fault(thrown);
      }
    };
  }

  async close(): Promise<void> {
    const redis = await this.#opened?.catch(() => null);
    redis?.disconnect();
  }

  async #open(): Promise<Redis> {
    const { Redis: Client, AbstractConnector } = await import("ioredis").catch(missingPackage);
    const redis = new Client(this.#place.url, {
      ...redisConnector(AbstractConnector, this.#place.url, this.#place.network),
      lazyConnect: true,
      connectTimeout: answerMs,
      commandTimeout: answerMs,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on("error", (error: Error) => (this.#trouble = messageOf(error)));
    return redis;
  }

  /** The next look connects anew: this client was told never to try again. */
  #forget(redis: Redis): void {
    redis.disconnect();
    this.#opened = null;
  }

  #fault(thrown: unknown): Fault {
    const said = this.#clean(this.#trouble ?? messageOf(thrown));
    this.#trouble = null;
    // The server's own refusals begin with a word in capitals: NOAUTH, WRONGPASS, WRONGTYPE, NOPERM.
    const isFinal = /^(?:NOAUTH|WRONGPASS|WRONGTYPE|NOPERM|ERR)\b/.test(said);
    return new Fault(isFinal ? "usage" : "unreachable", `hop "${this.#place.hop}" cannot be asked: Redis: ${said}`, {
      fix: "check that Redis is up, its address and password, and what kind of key the hop names",
    });
  }
}

async function keyIsThere(redis: Redis, key: string, signal: AbortSignal): Promise<boolean> {
  if (!key.includes("*")) return (await redis.exists(key)) > 0;
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", key, "COUNT", keysPerScan);
    if (keys.length > 0) return true;
    cursor = next;
  } while (cursor !== "0" && !signal.aborted);
  return false;
}

async function streamHas(redis: Redis, key: string, field: string, runId: string): Promise<boolean> {
  const entries = await redis.xrevrange(key, "+", "-", "COUNT", entriesRead);
  return entries.some(([, values]) => values.some((value, at) => at % 2 === 1 && values[at - 1] === field && value === runId));
}

function missingPackage(): never {
  throw new Fault("usage", "the package ioredis, by which a redis hop is looked at, is not installed", {
    fix: "npm install ioredis",
  });
}
