/** One request through a worker: route, gateway, tag, body, handler, reply, count. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { readJson } from "./body.ts";
import type { Worker } from "./exchange.ts";
import type { Gate } from "./gateway.ts";
import { ApiError, sendError, sendJson, type ApiReply } from "./reply.ts";
import type { ReplyFaults } from "./reply-faults.ts";
import type { RequestLog } from "./request-log.ts";
import { matchRoute, type Match } from "./routes.ts";
import { purposeOf, runOf } from "./tag.ts";
import { Timing } from "./timing.ts";

/** Most lines that unexpected errors may write to stderr in the life of a worker: the first ones say it. */
const mostErrorLines = 100;

/** What a request passes on its way. */
export interface ListenerParts {
  readonly worker: Worker;
  /** Null: no limit. */
  readonly gate: Gate | null;
  /** Null: nothing goes wrong with replies. */
  readonly replyFaults: ReplyFaults | null;
  /** Null: none is kept. */
  readonly log: RequestLog | null;
  /** True once the worker is stopping: each reply then ends its connection. */
  readonly stopping: () => boolean;
}

/** The worker's request listener. Every request gets exactly one reply, and is counted with its status. */
export function createListener(parts: ListenerParts): RequestListener {
  const report = errorReporter();
  return (request, response) => {
    void answer(parts, request, response).catch(report);
  };
}

async function answer(parts: ListenerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let route = "none";
  const timing = new Timing();
  try {
    const match = matchRoute(request.method ?? "GET", request.url ?? "/");
    route = `${match.route.method} ${match.route.path}`;
    const reply = await handle(parts, match, request, timing);
    finish(parts, response, timing);
    if (parts.replyFaults !== null && request.method !== "GET" && (await parts.replyFaults.drops())) response.destroy();
    else sendJson(response, reply.status, reply.body);
    count(parts, request, route, reply.status);
  } catch (error) {
    finish(parts, response, timing);
    count(parts, request, route, sendError(response, error));
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Headers that are known only when the reply is. */
function finish(parts: ListenerParts, response: ServerResponse, timing: Timing): void {
  if (timing.header !== "") response.setHeader("server-timing", timing.header);
  if (parts.stopping()) response.setHeader("connection", "close");
}

async function handle(parts: ListenerParts, { route, id }: Match, request: IncomingMessage, timing: Timing): Promise<ApiReply> {
  if (route.limited && parts.gate?.admit() === false) {
    parts.worker.metrics.rateLimited.inc();
    throw new ApiError(429, "rate_limited", "the service takes no more requests at the moment", { retryAfterSeconds: 1 });
  }
  const run = runOf(request.headers);
  const body = route.takesBody ? await readJson(request) : {};
  return route.handle(parts.worker, { id, url: request.url ?? "/", headers: request.headers, run, body, timing });
}

function count({ worker, log }: ListenerParts, request: IncomingMessage, route: string, status: number): void {
  worker.metrics.request(route, status, purposeOf(request.headers));
  log?.add(request, status);
}

function errorReporter(): (error: unknown) => void {
  let lines = 0;
  return (error) => {
    lines += 1;
    if (lines <= mostErrorLines)
      process.stderr.write(`${process.title}: ${error instanceof Error ? error.stack : String(error)}\n`);
  };
}
