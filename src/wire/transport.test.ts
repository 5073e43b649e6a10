import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient, type AskingClient } from "../../test/asking-client.ts";
import { startHttpServer, type Asked, type HttpServer, type ServerKind } from "../../test/http-server.ts";
import { startProxy, type Proxy } from "../../test/proxy.ts";
import { refusedPort } from "../../test/raw-server.ts";
import { certificate } from "../../test/tls-server.ts";
import { plainNetwork, type Network } from "../model/plan.ts";
import { headerOf, setCookiesOf } from "./head.ts";
import type { ConnectPhases, TransportOptions } from "./transport.ts";

interface Way {
  readonly name: string;
  readonly server: ServerKind;
  readonly protocol: Network["protocol"];
  readonly isProxied?: true;
}

/** Every way to a server. Whatever the transport, an exchange ends the same. */
const ways: readonly Way[] = [
  { name: "our HTTP/1.1", server: "h1", protocol: "h1" },
  { name: "our HTTP/1.1 over TLS", server: "h1+tls", protocol: "h1" },
  { name: "HTTP/1.1 through a proxy that forwards", server: "h1", protocol: "h1", isProxied: true },
  { name: "HTTP/1.1 over TLS through a proxy's tunnel", server: "h1+tls", protocol: "h1", isProxied: true },
  { name: "HTTP/2 over TLS", server: "h2+tls", protocol: "h2" },
  { name: "HTTP/2 over plain TCP", server: "h2", protocol: "h2" },
  { name: "HTTP/2 over TLS through a proxy's tunnel", server: "h2+tls", protocol: "h2", isProxied: true },
];

type Options = Partial<Omit<TransportOptions, "settled" | "origin" | "network">>;

interface World extends AsyncDisposable {
  readonly server: HttpServer;
  readonly wire: AskingClient;
}

function networkOf({ protocol }: Way, proxy: string | null): Network {
  return { ...plainNetwork, protocol, proxy, tls: { ...plainNetwork.tls, ca: certificate("ca") } };
}

async function startWorld(
  way: Way,
  answer: (asked: Asked, reply: ServerResponse) => unknown,
  options: Options = {},
): Promise<World> {
  const server = await startHttpServer(way.server, answer);
  const proxy: Proxy | null = way.isProxied === true ? await startProxy() : null;
  const wire = askingClient(0, { ...options, origin: server.origin, network: networkOf(way, proxy?.origin ?? null) });
  return {
    server,
    wire,
    [Symbol.asyncDispose]: async () => {
      wire[Symbol.dispose]();
      await proxy?.[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const get = (path = "/"): string => `GET ${path} HTTP/1.1\r\nhost: shop.test\r\n\r\n`;
const never = (): undefined => undefined;
const idle = { inFlight: 0, waiting: 0, connecting: 0 };

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(1);
}

describe.each(ways)("over $name", (way) => {
  it("a request arrives as it was written, and its reply is taken down", async () => {
    const seen: unknown[] = [];
    await using world = await startWorld(way, (asked, reply) => {
      seen.push([asked.method, asked.path, asked.host, asked.header("x-tag"), asked.body]);
      reply.writeHead(201, { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] }).end("creé");
    });
    const body = JSON.stringify({ name: "Žofie" });
    const head = `POST /orders?x=1 HTTP/1.1\r\nhost: shop.test\r\nX-Tag: run-1\r\nconnection: keep-alive\r\n`;
    const request = `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const asked = await world.wire.ask({ request, encoding: "utf8", keepBody: true, keepHead: true });
    expect(seen).toEqual([["POST", "/orders?x=1", "shop.test", "run-1", body]]);
    expect(asked).toMatchObject({ error: null, status: 201, bodyBytes: 5, settledTimes: 1 });
    expect(asked.body?.toString()).toBe("creé");
    expect(asked.head).toMatch(/^HTTP\/(?:1\.1 201 Created|2 201)\r\n(?:.+\r\n)+\r\n$/);
    expect(headerOf(asked.head, "content-type")).toBe("text/plain");
    expect(setCookiesOf(asked.head)).toEqual(["a=1", "b=2"]);
  });

  it("its instants are in order, and connecting is told in parts", async () => {
    const phases: ConnectPhases[] = [];
    await using world = await startWorld(way, (_asked, reply) => void setTimeout(() => reply.end("later"), 20), {
      connected: (told) => phases.push(told),
    });
    const { dispatchedUs, sentUs, firstByteUs, doneUs } = await world.wire.ask();
    const [told] = phases;
    expect(told?.dnsUs).toBeNull();
    expect((told?.tcpUs ?? 0) + (told?.tlsUs ?? 0)).toBeLessThanOrEqual(sentUs - dispatchedUs);
    expect(told?.tlsUs !== null).toBe(way.server.endsWith("+tls"));
    expect(firstByteUs - sentUs).toBeGreaterThan(15_000);
    expect(doneUs).toBeGreaterThanOrEqual(firstByteUs);
    expect(phases).toHaveLength(1);
  });

  it("a body and a head are kept only for those who ask, but for errors", async () => {
    await using world = await startWorld(way, ({ path }, reply) => reply.writeHead(Number(path.slice(1))).end("text"));
    expect(await world.wire.ask({ request: get("/200") })).toMatchObject({ body: null, head: "", bodyBytes: 4 });
    const failed = await world.wire.ask({ request: get("/503") });
    expect([failed.error, failed.status, failed.body?.toString()]).toEqual([null, 503, "text"]);
    expect(failed.head).toMatch(/^HTTP\/(?:1\.1|2) 503\b.*\r\n(?:.+\r\n)+\r\n$/);
  });

  it("replies without a body have none, and the next one follows", async () => {
    await using world = await startWorld(way, ({ path, method }, reply) => {
      reply.statusCode = Number(path.slice(1));
      if (method === "HEAD") reply.setHeader("content-length", "5000");
      reply.end();
    });
    const head = "HEAD /200 HTTP/1.1\r\nhost: shop.test\r\n\r\n";
    const none = { error: null, bodyBytes: 0, settledTimes: 1 };
    expect(await world.wire.ask({ request: head, isHead: true, keepBody: true })).toMatchObject({ status: 200, ...none });
    expect(await world.wire.ask({ request: get("/204"), keepBody: true })).toMatchObject({ status: 204, ...none });
    expect(await world.wire.ask({ request: get("/304"), keepBody: true })).toMatchObject({ status: 304, ...none });
    expect(await world.wire.ask({ request: get("/200") })).toMatchObject({ status: 200, ...none });
  });

  it("an interim reply is not the reply", async () => {
    await using world = await startWorld(way, (_asked, reply) => {
      reply.writeEarlyHints({ link: "</style.css>; rel=preload" });
      reply.end("final");
    });
    const asked = await world.wire.ask({ keepHead: true, keepBody: true });
    expect(asked).toMatchObject({ error: null, status: 200, bodyBytes: 5 });
    expect(headerOf(asked.head, "link")).toBeUndefined();
  });

  it("a large body is counted to its end, and refused where it is over the limit, announced or not", async () => {
    const large = "x".repeat(3_000_000);
    await using world = await startWorld(way, ({ path }, reply) => {
      if (path === "/announced") reply.setHeader("content-length", large.length);
      reply.write(large.slice(0, 1_000_000));
      reply.end(large.slice(1_000_000));
    });
    for (const path of ["/announced", "/chunked"]) {
      expect(await world.wire.ask({ request: get(path) })).toMatchObject({ error: null, bodyBytes: 3_000_000 });
    }
    const options = { origin: world.server.origin, network: { ...networkOf(way, null) }, maxBodyBytes: 2_000_000 };
    using strict = askingClient(0, options);
    for (const path of ["/announced", "/chunked"]) {
      expect(await strict.ask({ request: get(path), keepBody: true })).toMatchObject({
        error: "reading:too-large",
        status: 200,
        body: null,
      });
    }
    expect(strict.client).toMatchObject(idle);
  });

  it("a deadline before the first byte is timeout:sent, after it timeout:reading", async () => {
    let nowUs = 1_000_000;
    const asked: string[] = [];
    await using world = await startWorld(
      way,
      ({ path }, reply) => {
        asked.push(path);
        if (path === "/begun") reply.write("begun");
      },
      { now: () => nowUs },
    );
    const { client } = world.wire;
    const silent = world.wire.ask({ request: get("/silent"), deadlineUs: 1_010_000 });
    const begun = world.wire.ask({ request: get("/begun"), deadlineUs: 1_010_000 });
    await until(() => asked.length === 2);
    await wait(50);
    client.expire((nowUs = 1_009_999));
    await wait(5);
    expect(client).toMatchObject({ inFlight: 2, waiting: 0 });
    client.expire((nowUs = 1_010_000));
    expect(await silent).toMatchObject({ error: "timeout:sent", status: 0, doneUs: 1_010_000, settledTimes: 1 });
    expect(await begun).toMatchObject({ error: "timeout:reading", status: 200, settledTimes: 1 });
    expect(client).toMatchObject(idle);
  });

  it("giving up settles what is on the wire and what waits, once and at once", async () => {
    await using world = await startWorld(way, never, { maxConnections: 2 });
    const asking = Array.from({ length: 210 }, () => world.wire.ask());
    await until(() => world.wire.client.inFlight === (way.protocol === "h2" ? 200 : 2));
    world.wire.client.abortAll();
    expect(world.wire.client).toMatchObject({ inFlight: 0, waiting: 0 });
    const asked = await Promise.all(asking);
    await wait(20);
    expect(asked.filter(({ error, settledTimes }) => error !== "aborted" || settledTimes !== 1)).toEqual([]);
  });

  it("after giving up, it goes on; after closing, it does not", async () => {
    let isSilent = true;
    await using world = await startWorld(way, (_asked, reply) => void (isSilent || reply.end("answer")));
    const first = world.wire.ask();
    await until(() => world.wire.client.inFlight === 1);
    world.wire.client.abortAll();
    expect(await first).toMatchObject({ error: "aborted" });
    isSilent = false;
    expect(await world.wire.ask()).toMatchObject({ error: null, status: 200 });
    world.wire.client.close();
    expect(world.wire.client).toMatchObject({ ...idle, open: 0 });
    expect(await world.wire.ask()).toMatchObject({ error: "aborted", settledTimes: 1 });
  });

  it("a refused port fails each exchange with connect:ECONNREFUSED", async () => {
    const port = await refusedPort();
    const origin = `http${way.server.endsWith("+tls") ? "s" : ""}://127.0.0.1:${port}`;
    const proxy = way.isProxied === true ? `http://127.0.0.1:${port}` : null;
    using wire = askingClient(port, { origin, network: networkOf(way, proxy), maxConnections: 3 });
    const asked = await Promise.all(Array.from({ length: 200 }, () => wire.ask()));
    expect(asked.filter(({ error, sentUs }) => error !== "connect:ECONNREFUSED" || sentUs !== 0)).toEqual([]);
    expect(wire.client).toMatchObject({ ...idle, open: 0 });
  });

  it("a server that hangs up before its reply, or within it, fails the exchange by where it was", async () => {
    await using world = await startWorld(way, (asked, reply) => {
      if (asked.path === "/before") return asked.hangUp();
      reply.setHeader("content-length", "1000");
      reply.write("begun", () => void setTimeout(() => asked.hangUp(), 20));
    });
    const before = await world.wire.ask({ request: get("/before") });
    expect(before.error).toMatch(/^sent:(?:EOF|ECONNRESET|CANCEL)$/);
    const within = await world.wire.ask({ request: get("/within"), keepBody: true, keepHead: true });
    expect(within.error).toMatch(/^reading:(?:EOF|ECONNRESET|CANCEL)$/);
    expect(within).toMatchObject({ status: 200, bodyBytes: 5, body: null, head: "", settledTimes: 1 });
    await until(() => world.wire.client.open === 0);
    expect(world.wire.client).toMatchObject(idle);
  });

  it("keeps to its cap, and everybody is answered in the end", async () => {
    let most = 0;
    await using world = await startWorld(way, (_asked, reply) => void setTimeout(() => reply.end("answer"), 2), {
      maxConnections: 3,
    });
    const { client } = world.wire;
    const watch = setInterval(() => (most = Math.max(most, client.open + client.connecting)), 1);
    const asked = await Promise.all(Array.from({ length: 400 }, () => world.wire.ask()));
    clearInterval(watch);
    expect(asked.filter(({ error, settledTimes }) => error !== null || settledTimes !== 1)).toEqual([]);
    expect(most).toBeLessThanOrEqual(3);
    expect(world.server.accepted).toBe(3);
    expect(client).toMatchObject({ ...idle, open: 3 });
  });

  it("a fresh exchange gets a connection of its own, also beside others and at the cap", async () => {
    await using world = await startWorld(way, (_asked, reply) => reply.end("answer"), { maxConnections: 2 });
    for (let index = 0; index < 3; index++) await world.wire.ask();
    expect(world.server.accepted).toBe(1);
    const asked = await Promise.all(Array.from({ length: 20 }, (_, index) => world.wire.ask({ fresh: index % 2 === 0 })));
    expect(asked.filter(({ error }) => error !== null)).toEqual([]);
    expect(world.server.accepted).toBeGreaterThanOrEqual(11);
    expect(world.wire.client).toMatchObject(idle);
  });

  it("says where its exchanges are", async () => {
    let finish = (): unknown => undefined;
    await using world = await startWorld(way, (_asked, reply) => (finish = () => reply.end("answer")), { maxConnections: 1 });
    const { client } = world.wire;
    const asking = world.wire.ask();
    expect(client).toMatchObject({ inFlight: 0, waiting: 1, connecting: 1, open: 0 });
    await until(() => client.inFlight === 1);
    expect(client).toMatchObject({ inFlight: 1, waiting: 0, connecting: 0, open: 1 });
    await wait(30);
    finish();
    await asking;
    expect(client).toMatchObject({ inFlight: 0, waiting: 0, connecting: 0, open: 1 });
  });
});
