/** The way to one Redis: opened at the first call, and anew where it was cut. Keys and values are bytes, one character each. */
import type { Redis } from "ioredis";
import type { Network } from "../../src/model/plan.ts";
import { formatUs } from "../../src/model/units.ts";
import { makeRedactor } from "../../src/safety/redact.ts";
import { redisConnector } from "../../src/wire/database-connect.ts";
import { isReply, redisFault } from "./faults.ts";
import { redisUrl } from "./plan.ts";
import { StoreFault } from "../store.ts";

/** One command, or connecting. A batch takes a millisecond; a server that is saving may stand still for some. A guess. */
export const redisTimeoutUs = 10_000_000;

export type RedisReply = string | number | null | readonly RedisReply[];

export interface RedisOptions {
  /** May hold a password. */
  readonly url: string;
  /** By which its name is looked up. */
  readonly network: Pick<Network, "permitted">;
  readonly signal?: AbortSignal | undefined;
  /** Bound on one command, microseconds. */
  readonly timeoutUs?: number | undefined;
}

export class RedisConnection {
  readonly #options: RedisOptions;
  readonly #timeoutUs: number;
  readonly #clean: (text: string) => string;
  #client: Promise<Redis> | null = null;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.#timeoutUs = options.timeoutUs ?? redisTimeoutUs;
    this.#clean = makeRedactor(process.env, [options.url, passwordOf(options.url)]);
  }

  /** Sends one command. Throws a StoreFault. */
  async call(command: string, ...parameters: readonly (string | number)[]): Promise<RedisReply> {
    const { signal } = this.#options;
    if (signal?.aborted === true) throw new StoreFault("unreachable", `${command} was not sent: stopped`);
    try {
      const client = await (this.#client ??= this.#connect());
      return textOf(
        await client.callBuffer(
          command,
          parameters.map((value) => Buffer.from(String(value), "latin1")),
        ),
      );
    } catch (thrown) {
      if (!isReply(thrown)) await this.close();
      throw redisFault(thrown, `Redis ${command} (at most ${formatUs(this.#timeoutUs)})`, this.#clean);
    }
  }

  /** Closes it; the next call opens another. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.then(
      (open) => open.disconnect(),
      () => undefined,
    );
  }

  async #connect(): Promise<Redis> {
    const { Redis, AbstractConnector } = await import("ioredis").catch(missingPackage);
    const milliseconds = this.#timeoutUs / 1_000;
    const client = new Redis({
      ...addressOf(this.#options.url),
      ...redisConnector(AbstractConnector, this.#options.url, this.#options.network),
      lazyConnect: true,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
      connectTimeout: milliseconds,
      commandTimeout: milliseconds,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    let first: unknown = null;
    client.on("error", (error) => (first ??= error));
    const stop = (): void => client.disconnect();
    this.#options.signal?.addEventListener("abort", stop, { once: true });
    client.once("end", () => this.#options.signal?.removeEventListener("abort", stop));
    // The client says no more than that it is closed; why is what it told the listener.
    await client.connect().catch((thrown: unknown) => {
      client.disconnect();
      throw first ?? thrown;
    });
    return client;
  }
}

/** Who signs in, and to what: where that is, the connector knows. Never throws what it was given. */
function addressOf(url: string) {
  const parsed = redisUrl(url);
  if (parsed === null) {
    throw new StoreFault("usage", "the address of the Redis cannot be used", {
      detail: { expected: "redis://user:password@host:port/database, or rediss://, with what is special in it percent-encoded" },
    });
  }
  const { username, password } = parsed;
  return {
    db: Number(parsed.pathname.slice(1)),
    ...(username === "" ? {} : { username: decoded(username) }),
    ...(password === "" ? {} : { password: decoded(password) }),
    // Says no more than which event of the connection means that it is there.
    ...(parsed.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function passwordOf(url: string): string {
  return decoded(redisUrl(url)?.password ?? "");
}

/** As it is where it is not percent-encoded (`%zz`): what then fails is signing in, which says so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textOf(reply: unknown): RedisReply {
  if (Array.isArray(reply)) return reply.map(textOf);
  if (Buffer.isBuffer(reply)) return reply.toString("latin1");
  return typeof reply === "number" || typeof reply === "string" ? reply : null;
}

/** A reply that is a list of texts, as those of most commands are. */
export function textsOf(reply: RedisReply): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

function missingPackage(): never {
  throw new StoreFault("usage", "the package ioredis, by which cleanup.redis works, is not installed", {
    detail: { fix: "npm install ioredis" },
  });
}
