/** What the service's tests share: a service on free ports that stops by itself, and requests to it. */
import { callerToken } from "./signing.ts";
import type { ServiceConfig } from "./config.ts";
import { startService, type RunningService } from "./start.ts";

/** A reply, its body parsed where it is JSON. */
export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A running service with requests to it. */
export interface TestService extends RunningService, AsyncDisposable {
  get(path: string, headers?: Record<string, string>): Promise<TestReply>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<TestReply>;
  remove(path: string, headers?: Record<string, string>): Promise<TestReply>;
  code(citizenId: string, headers?: Record<string, string>): Promise<TestReply>;
  /** `GET` (or `DELETE`) `/synthetic/<run>` on the admin port. */
  synthetic(run: string, method?: "GET" | "DELETE", query?: string): Promise<TestReply>;
  /** One figure of the metrics page; 0 where it is not there. */
  metric(series: string): Promise<number>;
}

/** Starts a service on free ports with a small key; `await using` stops it. */
export async function testService(config: Partial<ServiceConfig> = {}): Promise<TestService> {
  const service = await startService({ port: 0, adminPort: 0, signBits: 1_024, laboratoryLatencyMs: 0, ...config });
  const { url, adminUrl } = service;
  const { secret, adminToken } = service.config;
  return {
    ...service,
    get: (path, headers = {}) => send(`${url}${path}`, { headers }),
    post: (path, body, headers = {}) =>
      send(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: textOf(body) }),
    remove: (path, headers = {}) => send(`${url}${path}`, { method: "DELETE", headers }),
    code: (id, headers = {}) =>
      send(`${url}/codes/${id}`, { headers: { authorization: `Bearer ${callerToken(secret, id)}`, ...headers } }),
    synthetic: (run, method = "GET", query = "") =>
      send(`${adminUrl}/synthetic/${run}${query}`, { method, headers: { authorization: `Bearer ${adminToken}` } }),
    metric: async (series) => {
      const { text } = await send(`${adminUrl}/metrics`, {});
      const line = text.split("\n").find((each) => each.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length + 1));
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
}

/** Asks again every 20 ms until the answer is the wanted one, at most 5 s; gives the last answer. */
export async function eventually<Value>(ask: () => Promise<Value> | Value, wanted: (value: Value) => boolean): Promise<Value> {
  const endMs = performance.now() + 5_000;
  for (;;) {
    const value = await ask();
    if (wanted(value) || performance.now() > endMs) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One request. */
export async function send(url: string, init: RequestInit): Promise<TestReply> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  const isJson = reply.headers.get("content-type")?.startsWith("application/json") === true;
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: reply.status, headers: reply.headers, text, body };
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}
