/**
 * A target that is slow in one of several ways, in a process of its own: says its port on stdout.
 * `node lab/throttled-target.ts '{"way":"queue","everyMs":2}'`.
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export type Throttle =
  /** Replies after a while, however many are asked for. */
  | { readonly way: "delay"; readonly delayMs: number }
  /** Replies one after the other. */
  | { readonly way: "queue"; readonly everyMs: number }
  /** Computes for each reply, on one core. */
  | { readonly way: "core"; readonly workMs: number }
  /** Refuses with 429 what goes beyond a rate. */
  | { readonly way: "quota"; readonly perSec: number }
  /** Computes as well, and lets few connections wait to be accepted. */
  | { readonly way: "backlog"; readonly backlog: number; readonly workMs: number }
  /** Hangs up on connections beyond a number. */
  | { readonly way: "connections"; readonly most: number; readonly delayMs: number };

/** After this it ends by itself, should nobody end it. */
const lifeMs = 120_000;

function compute(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
}

function listenerOf(throttle: Throttle): RequestListener {
  if (throttle.way === "queue") return queued(throttle.everyMs);
  if (throttle.way === "quota") return limited(throttle.perSec);
  if (throttle.way === "delay" || throttle.way === "connections")
    return (_, reply) => void setTimeout(() => reply.end("{}"), throttle.delayMs);
  return (_, reply) => {
    compute(throttle.workMs);
    reply.end("{}");
  };
}

function queued(everyMs: number): RequestListener {
  let freeAtMs = 0;
  return (_, reply) => {
    const nowMs = performance.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + everyMs;
    setTimeout(() => reply.end("{}"), freeAtMs - nowMs);
  };
}

function limited(perSec: number): RequestListener {
  let tokens = perSec;
  let atMs = performance.now();
  return (_, reply) => {
    const nowMs = performance.now();
    tokens = Math.min(perSec / 10, tokens + ((nowMs - atMs) / 1_000) * perSec);
    atMs = nowMs;
    if (tokens < 1) reply.statusCode = 429;
    else tokens -= 1;
    reply.end("{}");
  };
}

if (import.meta.main) {
  const throttle = JSON.parse(process.argv[2] ?? "") as Throttle;
  const server = createServer(listenerOf(throttle));
  if (throttle.way === "connections") server.maxConnections = throttle.most;
  const backlog = throttle.way === "backlog" ? throttle.backlog : 511;
  server.listen({ port: 0, host: "127.0.0.1", backlog }, () => console.log((server.address() as AddressInfo).port));
  setTimeout(() => process.exit(), lifeMs);
}
