/** A stand-in for a third party: answers every request alike, as slowly as the third party does, and no faster than its contract allows. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Counter, Registry } from "prom-client";
import { defaultTagHeaders, runIdPattern, type TagHeaders } from "../model/tags.ts";
import { CallBook, type CallOutcome } from "./call-book.ts";
import type { LatencySource } from "./latency.ts";
import { RateLimit } from "./rate-limit.ts";

/** Longer than usual clients keep a connection, so that none is closed under a call. */
const keepAliveTimeoutMs = 65_000;

export interface StubOptions {
  readonly name: string;
  /** Status and body of every answer. */
  readonly status: number;
  readonly body: string;
  readonly latency: LatencySource;
  /** Calls per second that are answered; the others get 429. Infinity: all. */
  readonly limitPerSec: number;
  /** Names of the tag's headers. Default: the usual ones. */
  readonly tags?: TagHeaders;
  /** Told of each call when it has been answered. */
  readonly called?: (call: StubCall) => void;
}

/** One call as the log has it, with the synthetic tag that it carried. */
export interface StubCall {
  /** ISO 8601 instant at which it came. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly run: string | null;
  readonly user: string | null;
  readonly purpose: string | null;
  readonly traceparent: string | null;
  readonly baggage: string | null;
}

/** What `GET /__stub/stats` answers. */
export interface StubStats {
  readonly name: string;
  readonly calls: number;
  /** Most calls within one second. */
  readonly highestPerSec: number;
  readonly runs: readonly { readonly run: string; readonly answered: number; readonly limited: number }[];
}

export interface Stub {
  /** Not yet listening. */
  readonly server: Server;
  readonly stats: () => StubStats;
}

/** Makes a stand-in. Besides its own answers it has `GET /__stub/stats` and `GET /__stub/metrics`, which are no calls. */
export function createStub(options: StubOptions): Stub {
  const book = new CallBook();
  const limit = new RateLimit(options.limitPerSec, performance.now());
  const registry = metricsOf(options.name, book);
  const stats = (): StubStats => {
    return { name: options.name, calls: book.total, highestPerSec: book.highestPerSec, runs: book.runs };
  };
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
    request.resume();
    if (request.url === "/__stub/stats") send(response, 200, JSON.stringify(stats()));
    else if (request.url === "/__stub/metrics") void sendMetrics(response, registry);
    else answer(request, response, { options, book, limit });
  });
  return { server, stats };
}

interface Parts {
  readonly options: StubOptions;
  readonly book: CallBook;
  readonly limit: RateLimit;
}

/** Over the limit it says no at once, as gateways do; the latency is that of the service behind. */
function answer(request: IncomingMessage, response: ServerResponse, { options, book, limit }: Parts): void {
  const nowMs = performance.now();
  const waitMs = limit.take(nowMs);
  const outcome: CallOutcome = waitMs > 0 ? "limited" : "answered";
  const call = callOf(request, options, outcome);
  book.add(call.run ?? undefined, outcome, nowMs);
  options.called?.(call);
  if (outcome === "limited") {
    response.setHeader("retry-after", Math.ceil(waitMs / 1_000));
    return send(response, 429, '{"error":"limit exceeded"}');
  }
  if (call.latencyMs <= 0) return send(response, options.status, options.body);
  setTimeout(() => send(response, options.status, options.body), call.latencyMs);
}

function callOf({ method = "", url = "", headers }: IncomingMessage, options: StubOptions, outcome: CallOutcome): StubCall {
  const { tags = defaultTagHeaders, latency, status } = options;
  const header = (name: string): string | null => headers[name]?.toString() ?? null;
  const run = header(tags.run) ?? /(?:^|,)\s*synthetic\.run=([^,;\s]+)/.exec(header("baggage") ?? "")?.[1] ?? null;
  return {
    at: new Date().toISOString(),
    method,
    path: url,
    status: outcome === "limited" ? 429 : status,
    latencyMs: outcome === "limited" ? 0 : latency(Math.random),
    // What is no run id of ours is not taken for one: it stands in labels and on the terminal.
    run: run !== null && runIdPattern.test(run) ? run : null,
    user: header(tags.user),
    purpose: header(tags.purpose),
    traceparent: header("traceparent"),
    baggage: header("baggage"),
  };
}

function send(response: ServerResponse, status: number, body: string): void {
  const type = body.startsWith("{") || body.startsWith("[") ? "application/json" : "text/plain; charset=utf-8";
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  const page = await registry.metrics();
  response.writeHead(200, { "content-type": registry.contentType }).end(page);
}

function metricsOf(name: string, book: CallBook): Registry {
  const registry = new Registry();
  registry.registerMetric(
    new Counter({
      name: "peakproof_stub_calls_total",
      help: "Calls that the stand-in got, by the run that they were tagged with",
      labelNames: ["stub", "run", "outcome"],
      registers: [],
      collect() {
        this.reset();
        for (const { run, answered, limited } of book.runs) {
          this.inc({ stub: name, run, outcome: "answered" }, answered);
          this.inc({ stub: name, run, outcome: "limited" }, limited);
        }
      },
    }),
  );
  return registry;
}
