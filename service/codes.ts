/** `GET /codes/:id`: the read that everyone does at every door. */
import { setTimeout as delay } from "node:timers/promises";
import type { Exchange, Handler, Worker } from "./exchange.ts";
import { tagAt } from "./hops.ts";
import { ApiError } from "./reply.ts";
import { callerToken, carriesToken } from "./signing.ts";
import type { CodeRecord } from "./store.ts";
import { fromStore } from "./store-read.ts";

/** Token, then cache, then store, then a payload signed for this very request. */
export const readCode: Handler = async (worker, { id, headers, run, timing }) => {
  if (!carriesToken(headers.authorization, callerToken(worker.config.secret, id))) {
    throw new ApiError(401, "unauthorized", "authorization must carry this citizen's bearer token");
  }
  const lookupMs = performance.now();
  const cached = worker.sharedCache === null ? worker.cache.get(id) : await worker.sharedCache.get(id, run);
  timing.since("cache", lookupMs);
  (cached === undefined ? worker.metrics.cacheMisses : worker.metrics.cacheHits).inc();
  const record = cached ?? (await missed(worker, { id, run, timing }));
  const signMs = performance.now();
  const issuedAt = new Date().toISOString();
  const qr = worker.signer.qr({ id, color: record.color, issuedAt });
  timing.since("sign", signMs);
  return { status: 200, body: { id, color: record.color, issuedAt, qr } };
};

async function missed(worker: Worker, { id, run, timing }: Pick<Exchange, "id" | "run" | "timing">): Promise<CodeRecord> {
  const record = await timing.around("store", () => worker.cache.load(id, () => readStore(worker, id)));
  if (record === undefined) throw new ApiError(404, "citizen_not_found", "there is no citizen with this id");
  const owner = tagAt("cache", record.run ?? run, worker.config.dropTagAt);
  if (owner !== null && worker.tombstones.has(owner)) return record;
  if (worker.sharedCache === null) worker.cache.set(id, record, owner);
  else await worker.sharedCache.set(id, record, owner);
  return record;
}

async function readStore(worker: Worker, id: string): Promise<CodeRecord | undefined> {
  const { storeReadDelayMs } = worker.config;
  if (storeReadDelayMs === 0) return fromStore(worker, (reader) => reader.code(id));
  return worker.pool.run(async () => {
    await delay(storeReadDelayMs);
    return worker.reader.code(id);
  });
}
