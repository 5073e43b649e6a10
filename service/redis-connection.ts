/** A connection to Redis by the package `ioredis`, which is loaded only where an address was given. */
import type { Redis } from "ioredis";
import { ServiceError } from "./errors.ts";
import type { Run } from "./messages.ts";

export type { Redis };

const connectTimeoutMs = 5_000;
/** How soon a lost connection is tried again, and again: a local Redis is back in less, a remote one is not overrun. */
const reconnectMs = 200;

/** The keys that the service keeps there. Those of a run have it between colons, so that they can be found by a pattern. */
export const redisKeys = {
  /** Set of swept runs. */
  tombstones: "tombstones",
  /** Stream of check-ins that wait. */
  checkins: "checkins",
  /** How many reports there are. */
  reports: "stats:reports",
  /** How many of them are the run's. */
  reportsOf: (run: string) => `stats:reports:${run}`,
  code: (run: Run, id: string) => `code:${run ?? "real"}:${id}`,
} as const;

/**
 * Connects, and from then on again whenever the connection is lost: what was under way then fails. Throws ServiceError `start-failed`
 * where the package is not there or nobody answers.
 */
export async function connectRedis(url: string, failed: (error: unknown) => void): Promise<Redis> {
  const Client = await load();
  const client = new Client(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    // A command fails at once while there is no connection: those who wait for it have better things to do.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => reconnectMs,
    protocol: 2,
  });
  let connectError: unknown;
  client.on("error", (error: unknown) => (connectError = error));
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    const { message } = (connectError ?? error) as Error;
    throw new ServiceError("start-failed", `Redis cannot be used: ${message}`);
  }
  client.removeAllListeners("error").on("error", failed);
  return client;
}

async function load(): Promise<typeof Redis> {
  try {
    return (await import("ioredis")).Redis;
  } catch {
    throw new ServiceError("start-failed", "redisUrl needs the package ioredis: npm install ioredis");
  }
}
