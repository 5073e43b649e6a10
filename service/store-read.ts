/** Reads from the store: those that wait for another process occupy one of the worker's connections meanwhile. */
import type { Worker } from "./exchange.ts";
import type { Answer, StoreReader } from "./store.ts";

/** Rejects with ApiError 503 where too many wait for a connection, and with what the store throws. */
export async function fromStore<Value>(
  { reader, pool }: Worker,
  ask: (reader: StoreReader) => Answer<Value>,
): Promise<Value | undefined> {
  return reader.remote ? pool.run(async () => ask(reader)) : ask(reader);
}
