/** Entry of the laboratory: a stub of a third party, with a latency and a limit of its own, that knows nothing of the service. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { readJson } from "./body.ts";
import { TokenBucket } from "./bucket.ts";
import type { ServiceConfig } from "./config.ts";
import { onStop } from "./entry.ts";
import { analyse, latencyMs } from "./laboratory-answers.ts";
import { CallBook } from "./laboratory-calls.ts";
import { listen } from "./listen.ts";
import { startFailure, type LaboratoryReady, type LaboratoryStart } from "./messages.ts";
import { ApiError, sendError, sendJson, type ApiReply } from "./reply.ts";
import { forwardedHeaders } from "./tag.ts";
import { Fields } from "./validation.ts";

/** Longer than the service's agent keeps a connection, so that none is closed under a call. */
const keepAliveTimeoutMs = 65_000;

/** The laboratory's answers to requests: `POST /analyses`, `GET /results/:id`, `GET /calls/:run`, `GET /healthz`. */
class Laboratory {
  readonly #config: ServiceConfig;
  readonly #limit: TokenBucket | null;
  readonly #book = new CallBook();

  constructor(config: ServiceConfig) {
    this.#config = config;
    this.#limit = config.laboratoryLimitPerSec === 0 ? null : new TokenBucket(config.laboratoryLimitPerSec, performance.now());
  }

  async answer(request: IncomingMessage): Promise<ApiReply> {
    const [, name = "", id = "", ...more] = (request.url ?? "/").split("/");
    const route = more.length === 0 ? `${request.method ?? ""} ${name}${id === "" ? "" : "/"}` : "";
    if (route === "GET healthz") return { status: 200, body: { status: "ok" } };
    if (route === "GET calls/") return { status: 200, body: this.#book.of(id) };
    if (route === "GET results/") return this.#analysed(request.headers, () => id);
    if (route !== "POST analyses") throw new ApiError(404, "no_such_route", "there is nothing at this path");
    const body = await readJson(request);
    return this.#analysed(request.headers, () => readSample(body));
  }

  async #analysed(headers: IncomingHttpHeaders, sampleOf: () => string): Promise<ApiReply> {
    this.#book.add(forwardedHeaders(headers));
    if (this.#limit?.take(performance.now()) === false) {
      throw new ApiError(429, "limit_exceeded", "your contract allows fewer calls per second", { retryAfterSeconds: 1 });
    }
    const sample = sampleOf();
    const waitMs = latencyMs(this.#config.laboratoryLatencyMs, this.#config.laboratoryLatencySpread, Math.random);
    if (waitMs > 0) await delay(waitMs);
    return { status: 200, body: analyse(sample) };
  }
}

function readSample(body: Record<string, unknown>): string {
  const fields = new Fields(body);
  const sample = fields.id("sample");
  fields.done();
  return sample;
}

async function serve(laboratory: Laboratory, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const reply = await laboratory.answer(request);
    sendJson(response, reply.status, reply.body);
  } catch (error) {
    sendError(response, error);
  }
}

async function run({ config }: LaboratoryStart): Promise<void> {
  const laboratory = new Laboratory(config);
  const server = createServer(
    { keepAliveTimeout: keepAliveTimeoutMs },
    (request, response) => void serve(laboratory, request, response),
  );
  onStop(() => process.exit(0));
  const port = await listen(server, config.host, config.laboratoryPort, "laboratory");
  process.send?.({ type: "ready", port } satisfies LaboratoryReady);
}

process.title = "health-code laboratory";
process.once("message", (start: LaboratoryStart) => {
  run(start).catch((error: unknown) => process.send?.(startFailure(error), () => process.exit(1)));
});
