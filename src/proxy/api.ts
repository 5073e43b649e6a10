/**
 * The REST API of Toxiproxy 2 (its README, "HTTP API", and api.go): same paths, bodies, status codes and errors, so that its clients
 * drive this as well. `PATCH` is its newer word for updating, `POST` the older one: both are taken.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { messageOf } from "../model/fault.ts";
import { ApiError, apiErrors } from "./api-error.ts";
import { proxyMetrics } from "./metrics.ts";
import type { ProxyCollection } from "./proxy-collection.ts";
import type { ForwardingProxy, ProxyState } from "./forwarding-proxy.ts";
import { parseToxic, updateToxic } from "./toxic.ts";

/** Longest body that is read: some thousand proxies. */
const bodyBytesMax = 1024 * 1024;
/** A client that sends its request slower than this is given up, as Toxiproxy does. */
const requestTimeoutMs = 15_000;

interface Answer {
  readonly status: number;
  /** JSON; undefined: none. */
  readonly body?: unknown;
}

type Action = (names: readonly string[], body: unknown) => Answer | Promise<Answer>;

/** Does one piece of work after the other. */
type InTurn = <Value>(work: () => Value | Promise<Value>) => Promise<Value>;

interface Api {
  readonly routes: ReadonlyMap<string, Action>;
  readonly metrics: Registry;
  readonly inTurn: InTurn;
}

/** A server of the API, not yet listening. `version` is what `GET /version` says. */
export function createApi(collection: ProxyCollection, version: string): Server {
  const api: Api = {
    routes: routesOf(collection, version),
    metrics: proxyMetrics(() => collection.all),
    inTurn: queue(),
  };
  return createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    request.on("error", () => undefined);
    void serve(api, request, response);
  });
}

/** An update that waits for a port must not be overtaken by the next one. */
function queue(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

async function serve(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const path = new URL(request.url ?? "/", "http://api").pathname;
    // A page that a browser shows must not be able to set up proxies on the machine of whoever looks at it.
    if (request.headers["user-agent"]?.startsWith("Mozilla/") === true) throw new ApiError("User agent not allowed", 403);
    if (path === "/metrics" && request.method === "GET") {
      const page = await api.metrics.metrics();
      response.writeHead(200, { "content-type": api.metrics.contentType }).end(page);
      return;
    }
    const { status, body } = await answer(api, request, path);
    if (body === undefined) response.writeHead(status).end();
    else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  } catch (thrown) {
    const { message, status } = thrown instanceof ApiError ? thrown : { message: messageOf(thrown), status: 500 };
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify({ error: message, status })}\n`);
  }
}

async function answer({ routes, inTurn }: Api, request: IncomingMessage, path: string): Promise<Answer> {
  const parts = path.split("/").slice(1);
  const shape = parts.map((part, at) => (at % 2 === 1 ? "*" : part)).join("/");
  const method = request.method === "PATCH" ? "POST" : (request.method ?? "");
  const action = routes.get(`${method} ${shape}`);
  if (action === undefined) {
    const isKnown = ["GET", "POST", "DELETE"].some((other) => routes.has(`${other} ${shape}`));
    throw isKnown ? new ApiError("method not allowed", 405) : new ApiError("404 page not found", 404);
  }
  const names = parts.filter((_, at) => at % 2 === 1).map(decodeURIComponent);
  const body = method === "POST" ? await readBody(request) : undefined;
  return inTurn(() => action(names, body));
}

function routesOf(collection: ProxyCollection, version: string): ReadonlyMap<string, Action> {
  const proxyOf = ([name = ""]: readonly string[]): ForwardingProxy => collection.get(name);
  return new Map<string, Action>([
    ["GET version", () => ({ status: 200, body: { version } })],
    ["POST reset", async () => (await collection.reset(), { status: 204 })],
    ["POST populate", async (_, body) => ({ status: 201, body: { proxies: states(await collection.populate(body)) } })],
    [
      "GET proxies",
      () => ({ status: 200, body: Object.fromEntries(states(collection.all).map((state) => [state.name, state])) }),
    ],
    ["POST proxies", async (_, body) => ({ status: 201, body: (await collection.create(body)).state })],
    ["GET proxies/*", (names) => ({ status: 200, body: proxyOf(names).state })],
    ["POST proxies/*", async ([name = ""], body) => ({ status: 200, body: (await collection.update(name, body)).state })],
    ["DELETE proxies/*", async ([name = ""]) => (await collection.remove(name), { status: 204 })],
    ["GET proxies/*/toxics", (names) => ({ status: 200, body: proxyOf(names).state.toxics })],
    ["POST proxies/*/toxics", (names, body) => addToxic(proxyOf(names), body)],
    ["GET proxies/*/toxics/*", (names) => ({ status: 200, body: proxyOf(names).toxic(names[1] ?? "") })],
    ["POST proxies/*/toxics/*", (names, body) => changeToxic(proxyOf(names), names[1] ?? "", body)],
    ["DELETE proxies/*/toxics/*", (names) => (proxyOf(names).removeToxic(names[1] ?? ""), { status: 204 })],
  ]);
}

/** 200, as Toxiproxy has it, though something was created. */
function addToxic(proxy: ForwardingProxy, body: unknown): Answer {
  const toxic = parseToxic(body);
  proxy.addToxic(toxic);
  return { status: 200, body: toxic };
}

function changeToxic(proxy: ForwardingProxy, name: string, body: unknown): Answer {
  const toxic = updateToxic(proxy.toxic(name), body);
  proxy.changeToxic(toxic);
  return { status: 200, body: toxic };
}

function states(proxies: readonly ForwardingProxy[]): ProxyState[] {
  return proxies.map(({ state }) => state);
}

/** Without a content type, as curl and Toxiproxy's own clients may send it. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyBytesMax) throw apiErrors.badBody(`more than ${bodyBytesMax} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString("utf8");
  try {
    // `POST /reset` has no body.
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch (thrown) {
    throw apiErrors.badBody(messageOf(thrown));
  }
}
