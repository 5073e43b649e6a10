/** Entry of a worker process: the public port, shared with the other workers. */
import { createServer, type Server } from "node:http";
import { ShortTermCache } from "./cache.ts";
import { WriterCalls } from "./calls.ts";
import { complain } from "./complain.ts";
import type { ServiceConfig } from "./config.ts";
import type { Worker } from "./exchange.ts";
import { Gate, leaseEveryMs } from "./gateway.ts";
import { LaboratoryClient } from "./laboratory-client.ts";
import { listen } from "./listen.ts";
import { createListener } from "./listener.ts";
import { startFailure, type Answer, type FromWorker, type Question, type ToWorker, type WorkerStart } from "./messages.ts";
import { WorkerMetrics } from "./metrics.ts";
import { ConnectionPool } from "./pool.ts";
import { openReader } from "./open-store.ts";
import { RedisCodes } from "./redis-codes.ts";
import { connectRedis } from "./redis-connection.ts";
import { replyFaultsOf } from "./reply-faults.ts";
import { RequestLog } from "./request-log.ts";
import { QrSigner } from "./signing.ts";

/** Longer than any client that reuses connections is likely to wait. */
const keepAliveTimeoutMs = 65_000;
/** How long open requests may go on once the worker is stopping. */
const drainMs = 5_000;

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

async function assemble(start: WorkerStart): Promise<Worker> {
  const { config } = start;
  const metrics = new WorkerMetrics();
  const laboratory = {
    url: start.laboratoryUrl,
    timeoutMs: config.laboratoryTimeoutMs,
    connections: config.laboratoryConnections,
  };
  const cache = { ttlMs: config.cacheTtlMs, capacity: config.cacheCapacity, stampedeProtection: config.cacheStampedeProtection };
  return {
    config,
    metrics,
    cache: new ShortTermCache(cache, () => performance.now()),
    sharedCache: await sharedCacheOf(config),
    pool: new ConnectionPool(config.storePoolSize),
    reader: await openReader(config, start.databasePath),
    writer: new WriterCalls(send),
    laboratory: new LaboratoryClient(laboratory, (status, seconds) => metrics.laboratoryCall(status, seconds)),
    signer: new QrSigner(start.signingKeyPem),
    tombstones: new Set(start.tombstones),
  };
}

async function sharedCacheOf({ redisUrl, cacheTtlMs }: ServiceConfig): Promise<RedisCodes | null> {
  if (redisUrl === null) return null;
  return new RedisCodes(await connectRedis(redisUrl, complain), cacheTtlMs);
}

async function run(start: WorkerStart): Promise<void> {
  process.title = `health-code worker ${start.place}`;
  const { logPath, dropTagAt } = start.config;
  const worker = await assemble(start);
  const gate = start.config.rateLimitPerSec === 0 ? null : new Gate();
  let stopping = false;
  const server = createServer(
    { keepAliveTimeout: keepAliveTimeoutMs },
    createListener({
      worker,
      gate,
      replyFaults: replyFaultsOf(start.config),
      log: logPath === null ? null : new RequestLog(logPath, dropTagAt),
      stopping: () => stopping,
    }),
  );
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    if (server.listening) end(server);
    else process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("message", (message: ToWorker) => {
    if (message.type === "results") worker.writer.settle(message.results);
    else if (message.type === "lease") gate?.lease(message.tokens);
    else if (message.type === "stop") stop();
    else if (message.type === "ask")
      void answer(worker, message.question).then((reply) => send({ type: "answer", ask: message.ask, answer: reply }));
  });
  if (gate !== null) askForLeases(gate);
  send({ type: "listening", port: await listen(server, start.config.host, start.config.port, "public") });
}

/** The first lease is asked for before the worker listens, so that nobody is refused for want of one. */
function askForLeases(gate: Gate): void {
  const ask = (): void => send({ type: "demand", ...gate.takeDemand() });
  ask();
  setInterval(ask, leaseEveryMs).unref();
}

/** Stops accepting, lets open requests finish, then ends the process. */
function end(server: Server): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), drainMs).unref();
}

let lastUtilization = performance.eventLoopUtilization();

async function answer(worker: Worker, question: Question): Promise<Answer> {
  if (question.kind === "count-cache") return { kind: "count", count: worker.cache.countOf(question.run) };
  if (question.kind === "forget") {
    worker.tombstones.add(question.run);
    return { kind: "count", count: worker.cache.forget(question.run) };
  }
  const utilization = performance.eventLoopUtilization();
  const sinceLast = performance.eventLoopUtilization(utilization, lastUtilization);
  lastUtilization = utilization;
  const gauges = { eventLoopShare: sinceLast.utilization, poolInUse: worker.pool.inUse, poolWaiting: worker.pool.waiting };
  return { kind: "figures", metrics: await worker.metrics.figures(), gauges: { ...gauges, cacheEntries: worker.cache.size } };
}

// A terminal sends Ctrl-C to every process; the one who started us decides when to stop.
process.on("SIGINT", () => undefined);
process.once("message", (start: WorkerStart) => {
  run(start).catch((error: unknown) => process.send?.(startFailure(error), () => process.exit(1)));
});
