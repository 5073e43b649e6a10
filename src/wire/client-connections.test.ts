import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { ok, startRawServer, startReplyingServer } from "../../test/raw-server.ts";

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
    await using server = await startReplyingServer();
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
    await using server = await startReplyingServer();
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
    await using server = await startReplyingServer(reply);
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
    await using server = await startReplyingServer("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok");
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
    await using server = await startReplyingServer();
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
    await using server = await startReplyingServer();
    using wire = askingClient(server.port);
    await wire.ask();
    for (const socket of server.sockets) socket.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
    while (wire.client.open > 0) await wait(1);
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.accepted).toBe(2);
  });

  it("that the server closes while idle are forgotten", async () => {
    await using server = await startReplyingServer();
    using wire = askingClient(server.port);
    await wire.ask();
    for (const socket of server.sockets) socket.end();
    while (wire.client.open > 0) await wait(1);
    expect(await wire.ask()).toMatchObject({ status: 200, error: null });
  });
});
