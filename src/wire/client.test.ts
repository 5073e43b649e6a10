import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { startRawServer } from "../../test/raw-server.ts";
import { plainNetwork } from "../model/plan.ts";
import { HttpClient } from "./client.ts";
import { Exchange } from "./exchange.ts";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A server that answers everything with the same bytes. */
const startServer = (reply = ok) => startRawServer((socket) => socket.write(reply, "latin1"));

describe("an exchange", () => {
  it("comes back with its status and its instants in order", async () => {
    await using server = await startServer();
    using wire = askingClient(server.port);
    const { dispatchedUs, sentUs, firstByteUs, doneUs, ...rest } = await wire.ask();
    expect(rest).toMatchObject({ status: 200, error: null, bodyBytes: 2, body: null, head: "" });
    expect([dispatchedUs, sentUs, firstByteUs, doneUs].toSorted((a, b) => a - b)).toEqual([
      dispatchedUs,
      sentUs,
      firstByteUs,
      doneUs,
    ]);
    expect(sentUs).toBeGreaterThan(dispatchedUs);
  });

  it("brings head and body where they are asked for, from a reply in many pieces", async () => {
    const reply =
      "HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    await using server = await startRawServer(async (socket) => {
      for (let at = 0; at < reply.length; at += 7) {
        socket.write(reply.slice(at, at + 7), "latin1");
        await wait(1);
      }
    });
    using wire = askingClient(server.port);
    const { head, body, bodyBytes, firstByteUs, doneUs } = await wire.ask({ keepHead: true, keepBody: true });
    expect(head).toBe(reply.slice(0, reply.indexOf("5\r\n")));
    expect(body?.toString()).toBe("hello world");
    expect(bodyBytes).toBe(11);
    expect(doneUs - firstByteUs).toBeGreaterThan(5_000);
  });

  it("keeps its body when later reads land in the same buffer", async () => {
    await using server = await startRawServer((socket, _request, number) => {
      const body = String(number).repeat(2_000);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    using wire = askingClient(server.port);
    const asked = await Promise.all(Array.from({ length: 9 }, () => wire.ask({ keepBody: true })));
    const bodies = new Set(asked.map(({ body }) => body?.toString()));
    expect(bodies).toEqual(new Set(Array.from({ length: 9 }, (_, number) => String(number).repeat(2_000))));
  });

  it("reads a body larger than the read buffer", async () => {
    const body = "0123456789abcdef".repeat(40_000);
    await using server = await startServer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    using wire = askingClient(server.port);
    const asked = await wire.ask({ keepBody: true });
    expect(asked.body?.toString() === body).toBe(true);
  });

  it("ends with the connection where the reply says nothing else", async () => {
    await using server = await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    using wire = askingClient(server.port);
    expect(await wire.ask({ keepBody: true })).toMatchObject({ status: 200, error: null, bodyBytes: 9 });
  });

  it("takes an interim reply for the first byte and the final one for the answer", async () => {
    await using server = await startRawServer(async (socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
      await wait(20);
      socket.write(ok);
    });
    using wire = askingClient(server.port);
    const asked = await wire.ask();
    expect(asked).toMatchObject({ status: 200, error: null });
    expect(asked.doneUs - asked.firstByteUs).toBeGreaterThan(10_000);
  });

  it("sends text beyond latin1 as UTF-8", async () => {
    let received = "";
    await using server = await startRawServer((socket, request) => {
      received = Buffer.from(request, "latin1").toString("utf8");
      socket.write(ok);
    });
    using wire = askingClient(server.port);
    const request = "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 6\r\n\r\n健康";
    await wire.ask({ request, encoding: "utf8" });
    expect(received).toBe(request);
  });

  it("may be dispatched again when it is settled, and is never settled within dispatch", async () => {
    await using server = await startServer();
    const exchange = new Exchange();
    let isDispatching = false;
    let times = 0;
    await new Promise<void>((resolve) => {
      const now = (): number => performance.now() * 1_000;
      const send = (): void => {
        exchange.request = "GET / HTTP/1.1\r\n\r\n";
        exchange.dispatchedUs = now();
        exchange.deadlineUs = exchange.dispatchedUs + 5_000_000;
        isDispatching = true;
        client.dispatch(exchange);
        isDispatching = false;
      };
      const settled = (): void => {
        times += 1;
        expect(isDispatching).toBe(false);
        expect(exchange).toMatchObject({ status: 200, error: null });
        if (times < 100) send();
        else resolve();
      };
      const origin = `http://127.0.0.1:${server.port}`;
      const client = new HttpClient({ origin, network: plainNetwork, maxConnections: 1, now, settled });
      send();
    });
    expect(times).toBe(100);
    expect(server.accepted).toBe(1);
  });
});

describe("connections", () => {
  it("never exceed the cap, and what has to wait shows it", async () => {
    await using server = await startRawServer((socket) => setTimeout(() => socket.write(ok), 50));
    using wire = askingClient(server.port, { maxConnections: 2 });
    const asking = Array.from({ length: 6 }, () => wire.ask());
    expect(wire.client).toMatchObject({ connecting: 2, waiting: 6, inFlight: 0, open: 0 });
    const waitsMs = (await Promise.all(asking)).map(({ sentUs, dispatchedUs }) => (sentUs - dispatchedUs) / 1_000);
    expect(server.accepted).toBe(2);
    expect(wire.client).toMatchObject({ connecting: 0, waiting: 0, inFlight: 0, open: 2 });
    for (const [index, leastMs] of [0, 0, 49, 49, 98, 98].entries()) expect(waitsMs[index]).toBeGreaterThanOrEqual(leastMs);
  });

  it("go to those that wait in the order of their deadlines, first come first where these are equal", async () => {
    const order: string[] = [];
    await using server = await startRawServer((socket, request) => {
      order.push(/\/(\w+)/.exec(request)?.[1] ?? "");
      socket.write(ok);
    });
    using wire = askingClient(server.port, { maxConnections: 1 });
    const deadlineUs = wire.now() + 3_000_000;
    const ask = (name: string, laterUs = 0) =>
      wire.ask({ request: `GET /${name} HTTP/1.1\r\nhost: test\r\n\r\n`, deadlineUs: deadlineUs + laterUs });
    await Promise.all([ask("late", 1), ask("a"), ask("b"), ask("c"), ask("early", -1)]);
    expect(order).toEqual(["early", "a", "b", "c", "late"]);
  });

  it("are reused, the last one used first", async () => {
    const ports: (number | undefined)[] = [];
    await using server = await startRawServer((socket) => {
      ports.push(socket.remotePort);
      socket.write(ok);
    });
    using wire = askingClient(server.port);
    await Promise.all([wire.ask(), wire.ask(), wire.ask()]);
    for (let times = 0; times < 5; times++) await wire.ask();
    expect(server.accepted).toBe(3);
    expect(new Set(ports.slice(2)).size).toBe(1);
  });

  it("are opened for every fresh exchange, within the cap", async () => {
    let most = 0;
    await using server = await startRawServer((socket) => {
      most = Math.max(most, wire.client.open + wire.client.connecting);
      socket.write(ok);
    });
    using wire = askingClient(server.port, { maxConnections: 3 });
    const asked = await Promise.all(Array.from({ length: 20 }, () => wire.ask({ fresh: true })));
    expect(asked.every(({ error }) => error === null)).toBe(true);
    expect(server.accepted).toBe(20);
    expect(most).toBe(3);
    expect(wire.client).toMatchObject({ open: 0, connecting: 0 });
  });

  it("that idle are not taken by a fresh exchange, and live on beside it", async () => {
    const ports: (number | undefined)[] = [];
    await using server = await startRawServer((socket) => {
      ports.push(socket.remotePort);
      socket.write(ok);
    });
    using wire = askingClient(server.port);
    await wire.ask();
    await wire.ask({ fresh: true });
    await wire.ask();
    expect(server.accepted).toBe(2);
    expect(ports[2]).toBe(ports[0]);
  });

  it("that idle make way for a fresh exchange where the cap is reached", async () => {
    await using server = await startServer();
    using wire = askingClient(server.port, { maxConnections: 1 });
    for (const fresh of [false, true, false, true]) expect(await wire.ask({ fresh })).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(4);
  });

  it("that get free make way for the fresh exchange next in line, and serve those before it", async () => {
    const paths: string[] = [];
    await using server = await startRawServer((socket, request, number) => {
      paths.push(`${/\/(\w+)/.exec(request)?.[1]} ${server.accepted}`);
      setTimeout(() => socket.write(ok), number === 0 ? 20 : 0);
    });
    using wire = askingClient(server.port, { maxConnections: 1 });
    const deadlineUs = wire.now() + 3_000_000;
    const ask = (name: string, order: number, fresh = false) =>
      wire.ask({ request: `GET /${name} HTTP/1.1\r\nhost: test\r\n\r\n`, deadlineUs: deadlineUs + order, fresh });
    await Promise.all([ask("a", 0), ask("b", 1), ask("new", 2, true), ask("c", 3)]);
    expect(paths).toEqual(["a 1", "b 1", "new 2", "c 3"]);
  });

  it("that one fresh exchange gave up waiting for are not handed to another", async () => {
    await using server = await startServer();
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs });
    const [first, second] = [wire.ask({ fresh: true, deadlineUs: 1_000_010 }), wire.ask({ deadlineUs: 2_000_000 })];
    wire.client.expire((nowUs = 1_000_010));
    expect(await first).toMatchObject({ error: "timeout:connect" });
    expect(await second).toMatchObject({ status: 200 });
    while (wire.client.connecting > 0) await wait(1);
    const before = server.accepted;
    expect(await wire.ask({ fresh: true })).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(before + 1);
  });

  it.each([
    ["the server says close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    ["it speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["it keeps idle ones for less than our margin", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok"],
  ])("are not reused where %s", async (_why, reply) => {
    await using server = await startServer(reply);
    using wire = askingClient(server.port);
    for (let times = 0; times < 3; times++) expect((await wire.ask()).error).toBeNull();
    expect(server.accepted).toBe(3);
  });

  it("are not reused where the reply came before the request had left", async () => {
    await using server = await startRawServer((socket, _request, number) => {
      if (number === 0) socket.pause();
      socket.write(ok);
    });
    using wire = askingClient(server.port);
    const body = "x".repeat(32_000_000);
    expect(await wire.ask({ request: `POST / HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}` })).toMatchObject({
      status: 200,
    });
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(2);
  });

  it("are reused only as long as the server keeps idle ones, less a margin", async () => {
    await using server = await startServer("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok");
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs });
    await wire.ask();
    nowUs += 1_499_000;
    await wire.ask();
    expect(server.accepted).toBe(1);
    nowUs += 1_500_000;
    await wire.ask();
    expect(server.accepted).toBe(2);
  });

  it("are closed by expire after 4 s where the server says nothing", async () => {
    await using server = await startServer();
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs });
    await wire.ask();
    wire.client.expire((nowUs += 3_999_000));
    expect(wire.client.open).toBe(1);
    wire.client.expire((nowUs += 1_000));
    expect(wire.client.open).toBe(0);
  });

  it.each([
    ["with the reply", 0],
    ["after it", 10],
  ])("that bring bytes nobody asked for %s are closed, and the reply is good", async (_when, laterMs) => {
    await using server = await startRawServer(async (socket) => {
      if (laterMs === 0) return socket.write(`${ok}more`);
      socket.write(ok);
      await wait(laterMs);
      return socket.write("more");
    });
    using wire = askingClient(server.port);
    expect(await wire.ask()).toMatchObject({ status: 200, error: null, bodyBytes: 2 });
    while (wire.client.open > 0) await wait(1);
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(2);
  });

  it("that bring a reply nobody asked for are closed", async () => {
    await using server = await startServer();
    using wire = askingClient(server.port);
    await wire.ask();
    for (const socket of server.sockets) socket.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
    while (wire.client.open > 0) await wait(1);
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(2);
  });

  it("that the server closes while idle are forgotten", async () => {
    await using server = await startServer();
    using wire = askingClient(server.port);
    await wire.ask();
    for (const socket of server.sockets) socket.end();
    while (wire.client.open > 0) await wait(1);
    expect(await wire.ask()).toMatchObject({ status: 200, error: null });
  });
});

it.each([
  ["target", { origin: "http://127.0.0.1:0" }],
  ["target", { origin: "ftp://127.0.0.1" }],
  ["target", { origin: "127.0.0.1" }],
  ["maxConnections", { maxConnections: 0 }],
  ["maxConnections", { maxConnections: 1.5 }],
])("refuses an impossible %s: %o", (name, options) => {
  const make = () =>
    new HttpClient({
      origin: "http://127.0.0.1:80",
      network: plainNetwork,
      maxConnections: 1,
      now: () => 1,
      settled: () => undefined,
      ...options,
    });
  expect(make).toThrowError(expect.objectContaining({ kind: "usage", message: expect.stringContaining(name) }));
});
