import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { ok, startRawServer, startReplyingServer } from "../../test/raw-server.ts";
import { plainNetwork } from "../model/plan.ts";
import { HttpClient } from "./client.ts";
import { Exchange } from "./exchange.ts";

describe("an exchange", () => {
  it("comes back with its status and its instants in order", async () => {
    await using server = await startReplyingServer();
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
    await using server = await startReplyingServer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
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
    await using server = await startReplyingServer();
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
