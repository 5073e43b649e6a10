/** Calls to the third-party laboratory: kept-alive connections, one timeout over everything, a bound on who waits. */
import { Agent, request, type ClientRequest, type IncomingMessage } from "node:http";
import { ApiError } from "./reply.ts";

/** Most calls that may run or wait for a connection in one worker. */
const mostCalls = 10_000;
/** Most bytes of a reply of theirs that are read: it is not our program. */
const largestReplyBytes = 65_536;

/** Where the laboratory is and what it may cost us. */
export interface LaboratoryRules {
  readonly url: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

/** `status` of a call for the metrics: that of the reply, or `timeout` or `error`. */
export type CallObserver = (status: string, seconds: number) => void;

interface Reply {
  readonly status: number;
  readonly text: string;
}
class TimedOut extends Error {}

/** One worker's connections to the laboratory. */
export class LaboratoryClient {
  readonly #rules: LaboratoryRules;
  readonly #observe: CallObserver;
  readonly #agent: Agent;
  #calls = 0;

  constructor(rules: LaboratoryRules, observe: CallObserver) {
    this.#rules = rules;
    this.#observe = observe;
    this.#agent = new Agent({ keepAlive: true, maxSockets: rules.connections, scheduling: "lifo" });
  }

  /**
   * The reply's JSON. Throws ApiError: 404 where they know nothing of it, 503 where they refuse or too many calls wait,
   * 504 on a timeout, 502 for anything else.
   */
  async call(
    method: "GET" | "POST",
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<Record<string, unknown>> {
    if (this.#calls >= mostCalls) throw busy("too many calls to the laboratory are waiting");
    this.#calls += 1;
    const startMs = performance.now();
    try {
      const reply = await this.#exchange(method, path, headers, body);
      this.#observe(String(reply.status), (performance.now() - startMs) / 1_000);
      return read(reply);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      this.#observe(error instanceof TimedOut ? "timeout" : "error", (performance.now() - startMs) / 1_000);
      if (error instanceof TimedOut) throw new ApiError(504, "laboratory_timeout", "the laboratory did not answer in time");
      throw new ApiError(502, "laboratory_unavailable", "the laboratory cannot be reached");
    } finally {
      this.#calls -= 1;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(method: string, path: string, headers: Record<string, string>, body?: object): Promise<Reply> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const length =
      payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    return new Promise((resolve, reject) => {
      const outgoing: ClientRequest = request(
        `${this.#rules.url}${path}`,
        { method, agent: this.#agent, headers: { ...headers, ...length } },
        (incoming) => void collect(incoming).then(resolve, reject),
      );
      const timer = setTimeout(() => outgoing.destroy(new TimedOut()), this.#rules.timeoutMs);
      outgoing.on("error", reject);
      outgoing.on("close", () => clearTimeout(timer));
      outgoing.end(payload);
    });
  }
}

async function collect(incoming: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestReplyBytes) throw new Error("the laboratory's reply is too large");
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}

function read({ status, text }: Reply): Record<string, unknown> {
  if (status === 429 || status === 503) throw busy("the laboratory takes no more calls at the moment");
  if (status === 404) throw new ApiError(404, "result_not_found", "the laboratory has no such result");
  const body = status < 300 ? parse(text) : undefined;
  if (body === undefined) throw new ApiError(502, "laboratory_unavailable", "the laboratory's answer cannot be used");
  return body;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function busy(message: string): ApiError {
  return new ApiError(503, "laboratory_busy", message, { retryAfterSeconds: 1 });
}
