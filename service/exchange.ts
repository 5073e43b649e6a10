/** What a handler gets: the worker's parts, and one request. */
import type { IncomingHttpHeaders } from "node:http";
import type { ShortTermCache } from "./cache.ts";
import type { WriterCalls } from "./calls.ts";
import type { ServiceConfig } from "./config.ts";
import type { LaboratoryClient } from "./laboratory-client.ts";
import type { Run } from "./messages.ts";
import type { WorkerMetrics } from "./metrics.ts";
import type { ConnectionPool } from "./pool.ts";
import type { RedisCodes } from "./redis-codes.ts";
import type { ApiReply } from "./reply.ts";
import type { QrSigner } from "./signing.ts";
import type { CodeRecord, StoreReader } from "./store.ts";
import type { Timing } from "./timing.ts";

/** What one worker works with. */
export interface Worker {
  readonly config: ServiceConfig;
  readonly cache: ShortTermCache<CodeRecord>;
  /** The cache of all workers, used instead of their own; null where there is none. */
  readonly sharedCache: RedisCodes | null;
  readonly pool: ConnectionPool;
  readonly reader: StoreReader;
  readonly writer: WriterCalls;
  readonly laboratory: LaboratoryClient;
  readonly signer: QrSigner;
  readonly metrics: WorkerMetrics;
  /** Swept runs, as far as this worker knows; the primary has the last word. */
  readonly tombstones: Set<string>;
}

/** One request, its tag and body already checked for form. */
export interface Exchange {
  /** The path's last part; empty where the route has none. */
  readonly id: string;
  /** As it came, with its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly run: Run;
  /** Empty where the route takes no body. */
  readonly body: Record<string, unknown>;
  readonly timing: Timing;
}

/** Answers one request. Throws ApiError for every expected failure. */
export type Handler = (worker: Worker, exchange: Exchange) => ApiReply | Promise<ApiReply>;
