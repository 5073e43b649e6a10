/**
 * What one request costs the generator: a closed loop of 64 connections against a bare server in another process. Three loops take
 * turns: `floor` writes and counts reads over node:net without looking at them, which no transport on it can beat; ours; undici's.
 * `node bench/wire.ts [seconds per turn] [turns]`; the server is the same file with `--serve`.
 *
 * Compare only within one run, and with the floor: on busy cores each wake-up finds more sockets ready, so that CPU per request
 * falls by half for all three (floor 6.0 us on quiet cores, 3.1 us on crowded ones, same machine). `req/s` is the client's own limit
 * only where its loop is nearly always busy; otherwise it is the server's, or that of whoever else is on these cores.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Client, type Dispatcher } from "undici";
import { plainNetwork } from "../src/model/plan.ts";
import { HttpClient } from "../src/wire/client.ts";
import { Exchange } from "../src/wire/exchange.ts";

const connections = 64;
const warmupMs = 500;
const path = "/ping";
const headers = {
  host: "127.0.0.1",
  "x-synthetic-run": "20261121-0147-bench",
  "user-agent": "peakproof/0.1.0 (synthetic)",
};
const request = `GET ${path} HTTP/1.1\r\n${Object.entries(headers)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("")}\r\n`;
const reply = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 21 Nov 2026 01:47:53 GMT\r\n" +
    'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 15\r\n\r\n{"status":"ok"}',
);

/** Answers whatever it reads with the same bytes: one read is one request, since nobody pipelines here. */
async function serve(): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", () => socket.write(reply));
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  console.log(typeof address === "object" && address !== null ? address.port : address);
}

/** A loop that counts its replies until told to stop. */
interface Loop {
  readonly count: () => number;
  readonly stop: () => Promise<void>;
}

function startFloor(port: number): Loop {
  let count = 0;
  const buffer = Buffer.alloc(65_536);
  const sockets = Array.from({ length: connections }, () => {
    const callback = (): boolean => {
      count += 1;
      socket.write(request, "latin1");
      return true;
    };
    const socket = connect({ host: "127.0.0.1", port, noDelay: true, onread: { buffer, callback } });
    socket.on("connect", () => socket.write(request, "latin1"));
    return socket;
  });
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
  };
  return { count: () => count, stop };
}

function startOurs(port: number): Loop {
  let count = 0;
  let isRunning = true;
  const now = (): number => performance.now() * 1_000;
  const send = (exchange: Exchange): void => {
    exchange.dispatchedUs = now();
    exchange.deadlineUs = exchange.dispatchedUs + 10_000_000;
    client.dispatch(exchange);
  };
  const settled = (exchange: Exchange): void => {
    if (exchange.status === 200) count += 1;
    if (isRunning) send(exchange);
  };
  const origin = `http://127.0.0.1:${port}`;
  const client = new HttpClient({ origin, network: plainNetwork, maxConnections: connections, now, settled });
  const ticks = setInterval(() => client.expire(now()), 1);
  for (let at = 0; at < connections; at++) send(Object.assign(new Exchange(), { request }));
  const stop = async (): Promise<void> => {
    isRunning = false;
    clearInterval(ticks);
    client.close();
  };
  return { count: () => count, stop };
}

function startUndici(port: number): Loop {
  let count = 0;
  let isRunning = true;
  const clients = Array.from(
    { length: connections },
    () => new Client(`http://127.0.0.1:${port}`, { pipelining: 1, allowH2: false }),
  );
  const start = (client: Client): void => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status) => {
        if (status === 200) count += 1;
      },
      onResponseData: () => undefined,
      onResponseEnd: () => {
        if (isRunning) client.dispatch({ path, method: "GET", headers }, handler);
      },
      onResponseError: () => undefined,
    };
    client.dispatch({ path, method: "GET", headers }, handler);
  };
  for (const client of clients) start(client);
  const stop = async (): Promise<void> => {
    isRunning = false;
    await Promise.all(clients.map((client) => client.destroy()));
  };
  return { count: () => count, stop };
}

async function turn(name: string, loop: Loop, seconds: number): Promise<void> {
  await wait(warmupMs);
  const before = loop.count();
  const cpu = process.cpuUsage();
  const loopUse = performance.eventLoopUtilization();
  const host = hostTimes();
  const startMs = performance.now();
  await wait(seconds * 1_000);
  const elapsedSec = (performance.now() - startMs) / 1_000;
  const used = process.cpuUsage(cpu);
  const busyShare = performance.eventLoopUtilization(loopUse).utilization;
  const hostNow = hostTimes();
  const idleShare = (hostNow.idle - host.idle) / (hostNow.total - host.total);
  const count = loop.count() - before;
  await loop.stop();
  const perRequest = (us: number): string => (us / count).toFixed(2).padStart(6);
  console.log(
    `${name.padEnd(7)} ${Math.round(count / elapsedSec)
      .toString()
      .padStart(7)} req/s  ` +
      `cpu${perRequest(used.user + used.system)} us/request (user${perRequest(used.user)}, system${perRequest(used.system)})  ` +
      `loop busy ${Math.round(busyShare * 100)} %, host idle ${Math.round(idleShare * 100)} %`,
  );
}

/** Milliseconds of all cores together since boot. */
function hostTimes(): { readonly idle: number; readonly total: number } {
  const times = cpus().map((core) => core.times);
  const sum = (of: (time: (typeof times)[number]) => number): number => times.reduce((total, time) => total + of(time), 0);
  return { idle: sum((time) => time.idle), total: sum((time) => time.user + time.nice + time.sys + time.irq + time.idle) };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function startServer(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--serve"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(line.toString()) };
}

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 5);
  const turns = Number(process.argv[3] ?? 2);
  const { child, port } = await startServer();
  for (let at = 0; at < turns; at++) {
    await turn("floor", startFloor(port), seconds);
    await turn("wire", startOurs(port), seconds);
    await turn("undici", startUndici(port), seconds);
  }
  child.kill();
}

await (process.argv[2] === "--serve" ? serve() : main());
