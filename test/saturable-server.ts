/**
 * Small services with one known limit each, for the closed loop to find: `node saturable-server.ts <system>` prints its port.
 * `/ping` is answered at once, `/count` says how many other requests came.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type System = (reply: ServerResponse) => void;

/** So many at a time, each for so long; the others wait. */
function semaphore(servers: number, ms: number): System {
  const waiting: ServerResponse[] = [];
  let free = servers;
  const next = (): void => {
    for (
      let reply = free > 0 ? waiting.shift() : undefined;
      reply !== undefined;
      reply = free > 0 ? waiting.shift() : undefined
    ) {
      const served = reply;
      free -= 1;
      setTimeout(() => {
        served.end("ok");
        free += 1;
        next();
      }, ms);
    }
  };
  return (reply) => {
    waiting.push(reply);
    next();
  };
}

/** A token bucket: so many per second, and some saved up. */
function quota(ratePerSec: number, burst: number): System {
  let tokens = burst;
  let lastMs = performance.now();
  return (reply) => {
    const nowMs = performance.now();
    tokens = Math.min(burst, tokens + ((nowMs - lastMs) * ratePerSec) / 1_000);
    lastMs = nowMs;
    if (tokens < 1) reply.statusCode = 429;
    else tokens -= 1;
    reply.end("ok");
  };
}

/** Work that keeps the event loop for itself. */
function loop(ms: number): System {
  return (reply) => {
    for (const endMs = performance.now() + ms; performance.now() < endMs;);
    reply.end("ok");
  };
}

const systems: Readonly<Record<string, System>> = {
  pool: semaphore(4, 50),
  lock: semaphore(1, 20),
  loop: loop(5),
  quota: quota(100, 10),
  free: (reply) => void setTimeout(() => reply.end("ok"), 100),
  closing: (reply) => void reply.socket?.end(),
  missing: (reply) => {
    reply.statusCode = 404;
    reply.end();
  },
};

const system = systems[process.argv[2] ?? ""];
if (system === undefined) throw new Error(`expected one of ${Object.keys(systems).join(", ")}`);

let count = 0;
const server = createServer((request, reply) => {
  if (request.url === "/ping") return void reply.end("pong");
  if (request.url === "/count") return void reply.end(String(count));
  count += 1;
  system(reply);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
