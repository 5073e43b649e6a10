/** The admin port: metrics, health, processes, the lease, and the synthetic runs. It answers from the primary, for all workers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readJson } from "./body.ts";
import type { Lease } from "./lease.ts";
import { ApiError, sendError, sendJson } from "./reply.ts";
import { carriesToken } from "./signing.ts";
import type { SyntheticRuns } from "./synthetic.ts";
import { runPattern } from "./tag.ts";
import { Fields } from "./validation.ts";

/** Rows that one DELETE removes where it does not say, and the most it may ask for: a transaction of some 50 ms. */
const defaultLimit = 500;
const largestLimit = 10_000;
/** How long a lease holds where it does not say, and the longest: whoever dies with it does not keep others out for long. */
const defaultLeaseMs = 10_000;
const longestLeaseMs = 600_000;

/** What the admin port tells and does. */
export interface AdminParts {
  readonly token: string;
  readonly publicKeyPem: string;
  readonly runs: SyntheticRuns;
  readonly lease: Lease;
  metrics(): Promise<string>;
  processes(): { primary: number; workers: number[]; laboratory: number };
  healthy(): boolean;
}

/** The admin server, not yet listening. */
export function createAdminServer(parts: AdminParts): Server {
  return createServer((request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (sendError(response, error) === 500) process.stderr.write(`${process.title}: ${String(error)}\n`);
    });
  });
}

async function answer(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://admin");
  if (url === null) throw new ApiError(400, "invalid_path", "the path cannot be read");
  const [, name = "", run, part, ...more] = url.pathname.split("/");
  if (name === "synthetic" && run !== undefined && more.length === 0) {
    checkRun(parts, request, run);
    if (part === "untagged") return untagged(parts, request, response);
    if (part === undefined) return synthetic(parts, request, response, run, url.searchParams);
  }
  if (name === "lease" && run === undefined) return lease(parts, request, response);
  if (run !== undefined) throw new ApiError(404, "no_such_route", "there is nothing at this path");
  allow(request, ["GET"]);
  if (name === "metrics") return sendText(response, "text/plain; version=0.0.4; charset=utf-8", await parts.metrics());
  if (name === "public-key") return sendText(response, "application/x-pem-file", parts.publicKeyPem);
  if (name === "processes") return sendJson(response, 200, parts.processes());
  if (name !== "healthz") throw new ApiError(404, "no_such_route", "there is nothing at this path");
  if (!parts.healthy()) throw new ApiError(503, "not_ready", "not every worker is up");
  sendJson(response, 200, { status: "ok" });
}

async function synthetic(
  parts: AdminParts,
  request: IncomingMessage,
  response: ServerResponse,
  run: string,
  query: URLSearchParams,
): Promise<void> {
  allow(request, ["GET", "DELETE"]);
  const state = request.method === "GET" ? await parts.runs.state(run) : await parts.runs.sweep(run, limitOf(query));
  sendJson(response, 200, state);
}

function checkRun({ token }: AdminParts, request: IncomingMessage, run: string): void {
  if (!carriesToken(request.headers.authorization, token))
    throw new ApiError(401, "unauthorized", "authorization must carry the admin's bearer token");
  if (!runPattern.test(run)) throw new ApiError(400, "invalid_run", `a run id matches ${runPattern.source}`);
}

/** NDJSON, as fast as it is read; a store that fails midway cuts the connection, so that nobody takes a part for all. */
async function untagged({ runs }: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  allow(request, ["GET"]);
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  await pipeline(Readable.from(linesOf(runs.untaggedRows())), response);
}

async function* linesOf(rows: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** `PUT` takes or renews it: 200 for the holder, 409 for another. `DELETE` gives it back: 204, or 409. */
async function lease(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  allow(request, ["PUT", "DELETE"]);
  const fields = new Fields(await readJson(request));
  const holder = fields.text("holder", { longest: 256 });
  const ttlMs = fields.optionalNumber("ttlMs", 1, longestLeaseMs) ?? defaultLeaseMs;
  fields.done();
  const held = request.method === "PUT" ? parts.lease.take(holder, ttlMs, Date.now()) : parts.lease.release(holder, Date.now());
  if (held === null) return sendJson(response, 204, undefined);
  if (held.holder === holder) return sendJson(response, 200, { holder, expiresAt: isoOf(held.expiresMs) });
  sendJson(response, 409, { holder: held.holder, since: isoOf(held.sinceMs) });
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function limitOf(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return defaultLimit;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= largestLimit) return limit;
  throw new ApiError(400, "invalid_limit", `limit must be a whole number from 1 to ${largestLimit}`);
}

function allow(request: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(request.method ?? "")) return;
  throw new ApiError(405, "method_not_allowed", "this path has other methods", { headers: { allow: methods.join(", ") } });
}

function sendText(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
}
