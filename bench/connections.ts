/**
 * What one open, idle connection costs the generator in memory: `node bench/connections.ts [case ...]`, a case being
 * `plain:18000`, `tls:18000` or `plain:2x10000` (processes x connections; these three where none is said). Descriptors are the limit:
 * see `ulimit -Hn`. Every generator and every server is a process of its own, since each of their sockets is one, too.
 *
 * A server answers once all connections are there, so that none is used twice before; then each of them carries one more exchange,
 * which shows that it was held. Memory is read in between, after garbage collection, less what it was with the client and no
 * connection. Over TLS, most of it is OpenSSL's, and a certificate's chain adds to it: here, it is one certificate with an
 * elliptic key.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { plainNetwork } from "../src/model/plan.ts";
import { HttpClient } from "../src/wire/client.ts";
import { Exchange } from "../src/wire/exchange.ts";
import { table } from "./tables.ts";

const request = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
const reply = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=600\r\nContent-Length: 2\r\n\r\nok";
const defaultCases = ["plain:18000", "plain:2x10000", "tls:18000"];
/** Connects at once: below Node's own backlog of 511. */
const batch = 500;
/** For everything together; a slow machine does some 1,000 TLS handshakes a second. */
const deadlineUs = 120_000_000;
const heldMs = 2_000;

interface Held {
  readonly held: number;
  readonly errors: number;
  readonly rssKb: number;
  readonly heapKb: number;
}

const certificate = (name: string): Buffer => readFileSync(new URL(`../test/certificates/${name}.pem`, import.meta.url));
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const now = (): number => performance.now() * 1_000;

/** Answers nothing until `count` connections have asked, then everything. */
async function serve(isTls: boolean, count: number): Promise<void> {
  const waiting: Socket[] = [];
  const open = (socket: Socket): void => {
    socket.on("error", () => socket.destroy());
    socket.on("data", () => {
      if (waiting.length === count) socket.write(reply);
      else if (waiting.push(socket) === count) for (const each of waiting) each.write(reply);
    });
  };
  const server = isTls
    ? createTlsServer({ cert: certificate("server"), key: certificate("server-key") }, open)
    : createServer({ noDelay: true }, open);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  console.log(typeof address === "object" && address !== null ? address.port : address);
}

/** Opens, measures, and asks once more over each. */
async function hold(isTls: boolean, count: number, port: number): Promise<Held> {
  let errors = 0;
  const tls = { ...plainNetwork.tls, ca: fileURLToPath(new URL("../test/certificates/ca.pem", import.meta.url)) };
  const client = new HttpClient({
    origin: `${isTls ? "https" : "http"}://127.0.0.1:${port}`,
    network: { ...plainNetwork, tls },
    maxConnections: count,
    now,
    settled: (exchange) => {
      if (exchange.status !== 200) errors += 1;
    },
  });
  setInterval(() => client.expire(now()), 10).unref();
  const ask = (): void => {
    const dispatchedUs = now();
    client.dispatch(Object.assign(new Exchange(), { request, dispatchedUs, deadlineUs: dispatchedUs + deadlineUs }));
  };
  const before = await memory();
  for (let asked = 0; asked < count;) {
    for (const next = Math.min(count, asked + batch); asked < next; asked++) ask();
    while (client.waiting > 0) await wait(1);
  }
  await quiet(client);
  await wait(heldMs);
  const after = await memory();
  const held = client.open;
  for (let asked = 0; asked < count; asked++) ask();
  await quiet(client);
  const each = (bytes: number): number => bytes / count / 1_000;
  return {
    held: Math.min(held, client.open),
    errors,
    rssKb: each(after.rss - before.rss),
    heapKb: each(after.heapUsed - before.heapUsed),
  };
}

/** Everything that was asked is settled. */
async function quiet(client: HttpClient): Promise<void> {
  while (client.inFlight + client.waiting > 0) await wait(10);
}

/** After collections enough for what is young, what is old, and what finalizers let go of. */
async function memory(): Promise<NodeJS.MemoryUsage> {
  for (let times = 0; times < 4; times++) {
    globalThis.gc?.();
    await wait(50);
  }
  return process.memoryUsage();
}

/** A process of this file in another role; resolves with its first line. */
async function start(role: string, isTls: boolean, count: number, port = 0): Promise<{ line: string; stop: () => void }> {
  const parts = ["--expose-gc", fileURLToPath(import.meta.url), role, isTls ? "tls" : "plain", String(count), String(port)];
  const child = spawn(process.execPath, parts, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { line, stop: () => child.kill() };
}

async function startPair(isTls: boolean, count: number): Promise<Held> {
  const server = await start("--serve", isTls, count);
  const generator = await start("--hold", isTls, count, Number(server.line));
  for (const process of [generator, server]) process.stop();
  return JSON.parse(generator.line) as Held;
}

async function row(text: string): Promise<string[]> {
  const [, kind, processes = "1", count] = /^(plain|tls):(?:(\d+)x)?(\d+)$/.exec(text) ?? [];
  if (kind === undefined) throw new Error(`${text}: expected plain:18000, tls:18000 or plain:2x10000`);
  const pairs = await Promise.all(Array.from({ length: Number(processes) }, () => startPair(kind === "tls", Number(count))));
  const sum = (of: (held: Held) => number): number => pairs.reduce((total, held) => total + of(held), 0);
  const mean = (of: (held: Held) => number): string => (sum(of) / pairs.length).toFixed(1);
  return [
    text,
    String(sum(({ held }) => held)),
    String(sum(({ errors }) => errors)),
    mean((h) => h.rssKb),
    mean((h) => h.heapKb),
  ];
}

async function compare(cases: readonly string[]): Promise<void> {
  const rows: string[][] = [];
  for (const text of cases) rows.push(await row(text));
  console.log(table(["connections", "held", "errors", "kB each (RSS)", "of that JavaScript heap"], rows));
}

const [role, kind, count, port] = process.argv.slice(2);
if (role === "--serve") await serve(kind === "tls", Number(count));
else if (role === "--hold") console.log(JSON.stringify(await hold(kind === "tls", Number(count), Number(port))));
else await compare(process.argv.length > 2 ? process.argv.slice(2) : defaultCases);
