import { spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { ok, refusedPort, startRawServer } from "../../test/raw-server.ts";
import { plainNetwork } from "../model/plan.ts";
import { patience } from "./connect-gate.ts";
import { connectOnly } from "./connect-only.ts";
import { endpointFor } from "./endpoint.ts";

const silent = () => undefined;

/** Counts the sockets this process begins to open, for ports where nobody can count them on the other side. */
function countConnects(): { readonly count: number; [Symbol.dispose](): void } {
  let count = 0;
  const add = (): void => {
    count += 1;
  };
  subscribe("net.client.socket", add);
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => unsubscribe("net.client.socket", add),
  };
}

/** A listener that accepts nothing more: its process is stopped and its accept queue is full. */
async function startFullListener(): Promise<{ readonly port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const program = `
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () =>
      console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  const endpoint = endpointFor(`http://127.0.0.1:${port}`, plainNetwork);
  while (!("error" in (await connectOnly(endpoint, 100)))) await wait(1);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

describe("an exchange without a reply is settled with", () => {
  it("connect:ECONNREFUSED where nobody listens", async () => {
    using wire = askingClient(await refusedPort());
    expect(await wire.ask()).toMatchObject({ error: "connect:ECONNREFUSED", status: 0, sentUs: 0, firstByteUs: 0 });
  });

  it.each([
    ["sent:EOF", "closes a fresh connection", (socket: Socket) => socket.end()],
    ["sent:ECONNRESET", "resets a fresh connection", (socket) => socket.resetAndDestroy()],
    ["reading:EOF", "closes in the middle of a reply", (socket) => socket.end(ok.slice(0, -1))],
    ["reading:EOF", "closes in the middle of a head", (socket) => socket.end("HTTP/1.1 2")],
    ["reading:malformed-status-line", "speaks something else", (socket) => socket.write("220 mail.test ESMTP\r\n")],
    ["reading:too-large", "sends an endless head", (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`)],
    [
      "reading:too-large",
      "announces more than the limit",
      (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n"),
    ],
  ] satisfies [string, string, (socket: Socket) => unknown][])("%s where the server %s", async (error, _what, answer) => {
    await using server = await startRawServer((socket) => void answer(socket));
    using wire = askingClient(server.port);
    expect(await wire.ask()).toMatchObject({ error, body: null, head: "" });
    expect(wire.client).toMatchObject({ inFlight: 0, open: 0 });
  });

  it("reading:ECONNRESET where the server resets in the middle of a reply", async () => {
    await using server = await startRawServer(async (socket) => {
      socket.write(ok.slice(0, -1));
      await wait(20);
      socket.resetAndDestroy();
    });
    using wire = askingClient(server.port);
    expect(await wire.ask()).toMatchObject({ error: "reading:ECONNRESET", status: 200, bodyBytes: 1 });
  });

  it.each([
    ["closes", (socket: Socket) => socket.end()],
    ["resets", (socket) => socket.resetAndDestroy()],
  ] satisfies [string, (socket: Socket) => unknown][])(
    "sent:closed-idle where the server %s a connection that it had kept alive",
    async (_how, close) => {
      await using server = await startRawServer(
        (socket, _request, number) => void (number === 0 ? socket.write(ok) : close(socket)),
      );
      using wire = askingClient(server.port);
      expect(await wire.ask()).toMatchObject({ status: 200 });
      expect(await wire.ask()).toMatchObject({ error: "sent:closed-idle", status: 0 });
    },
  );

  it.each([
    ["sent:EOF", "closes", (socket: Socket) => socket.end()],
    ["sent:ECONNRESET", "resets", (socket) => socket.resetAndDestroy()],
  ] satisfies [string, string, (socket: Socket) => unknown][])(
    "%s where the server %s a kept-alive connection longer after our request than a race can last",
    async (error, _how, close) => {
      let nowUs = 1_000_000;
      await using server = await startRawServer((socket, _request, number) => {
        if (number === 0) return void socket.write(ok);
        nowUs += 101_000;
        close(socket);
      });
      using wire = askingClient(server.port, { now: () => nowUs });
      expect(await wire.ask()).toMatchObject({ status: 200 });
      expect(await wire.ask()).toMatchObject({ error, status: 0 });
    },
  );
});

describe("a deadline that passes", () => {
  it("before the first byte gives timeout:sent, after it timeout:reading, and closes the connection", async () => {
    await using server = await startRawServer(
      (socket, _request, number) => void (number === 1 && socket.write("HTTP/1.1 200 OK\r\n")),
    );
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs });
    const first = wire.ask({ deadlineUs: 1_010_000 });
    while (wire.client.inFlight < 1) await wait(1);
    const second = wire.ask({ deadlineUs: 1_010_000 });
    while (wire.client.inFlight < 2) await wait(1);
    await wait(20);
    wire.client.expire((nowUs = 1_009_999));
    expect(wire.client.inFlight).toBe(2);
    wire.client.expire((nowUs = 1_010_000));
    expect(await first).toMatchObject({ error: "timeout:sent", status: 0, firstByteUs: 0, doneUs: 1_010_000 });
    expect(await second).toMatchObject({ error: "timeout:reading", status: 200 });
    expect(wire.client).toMatchObject({ inFlight: 0, open: 0 });
  });

  it("while waiting for the cap gives unsent", async () => {
    await using server = await startRawServer(silent);
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs, maxConnections: 1 });
    const asking = [wire.ask({ deadlineUs: 1_010_000 }), wire.ask({ deadlineUs: 1_010_000 })];
    while (wire.client.inFlight < 1) await wait(1);
    wire.client.expire((nowUs = 1_010_000));
    const errors = (await Promise.all(asking)).map(({ error, sentUs }) => [error, sentUs]);
    expect(errors).toEqual([
      ["timeout:sent", 1_000_000],
      ["unsent", 0],
    ]);
  });

  it("while connecting gives timeout:connect, and unsent to those beyond the cap", async () => {
    await using listener = await startFullListener();
    let nowUs = 1_000_000;
    using wire = askingClient(listener.port, { now: () => nowUs, maxConnections: 2 });
    const asking = Array.from({ length: 3 }, () => wire.ask({ deadlineUs: 1_010_000 }));
    await wait(50);
    expect(wire.client).toMatchObject({ connecting: 2, waiting: 3, open: 0 });
    wire.client.expire((nowUs = 1_010_000));
    expect((await Promise.all(asking)).map(({ error }) => error)).toEqual(["timeout:connect", "timeout:connect", "unsent"]);
    expect(wire.client).toMatchObject({ connecting: 0, waiting: 0 });
  });

  it("is found whatever the order of dispatch", async () => {
    await using server = await startRawServer(silent);
    let nowUs = 1_000_000;
    using wire = askingClient(server.port, { now: () => nowUs });
    const late = wire.ask({ deadlineUs: 9_000_000 });
    const early = wire.ask({ deadlineUs: 2_000_000 });
    while (wire.client.inFlight < 2) await wait(1);
    wire.client.expire((nowUs = 2_000_000));
    expect(await early).toMatchObject({ error: "timeout:sent" });
    expect(wire.client.inFlight).toBe(1);
    wire.client.abortAll();
    expect(await late).toMatchObject({ error: "aborted" });
  });
});

describe("a refused port", () => {
  it("costs one error for each of 1,000 requests and hardly a connect more than the cap and the gate's patience", async () => {
    using connects = countConnects();
    using wire = askingClient(await refusedPort(), { maxConnections: 10 });
    const asking = Array.from({ length: 1_000 }, () => wire.ask());
    const before = connects.count;
    const asked = await Promise.all(asking);
    expect(asked.every(({ error, settledTimes }) => error === "connect:ECONNREFUSED" && settledTimes === 1)).toBe(true);
    expect(before).toBe(10);
    expect(connects.count - before).toBeLessThanOrEqual(patience);
  });

  it("is tried a few times a second however many requests keep coming", async () => {
    using connects = countConnects();
    using wire = askingClient(await refusedPort());
    let errors = 0;
    const untilMs = performance.now() + 1_000;
    while (performance.now() < untilMs) {
      for (let times = 0; times < 10; times++) void wire.ask().then(() => (errors += 1));
      await wait(1);
    }
    // 1, 2, 4, ... 128 ms of pause fit in the first 250 ms; then four a second.
    expect(connects.count).toBeLessThanOrEqual(patience + 10 + 8 + 4);
    expect(errors).toBeGreaterThan(1_000);
  });

  it("is used again soon after somebody listens there", async () => {
    const port = await refusedPort();
    using wire = askingClient(port);
    await Promise.all(Array.from({ length: 100 }, () => wire.ask()));
    await using server = await startRawServer((socket) => socket.write(ok), { port });
    const asked = await Promise.all(Array.from({ length: 100 }, () => wire.ask()));
    expect(asked.every(({ status }) => status === 200)).toBe(true);
    expect(server.accepted).toBeGreaterThan(0);
  });

  it("is not held back any more after the first connect that works", async () => {
    const port = await refusedPort();
    using wire = askingClient(port);
    await Promise.all(Array.from({ length: 100 }, () => wire.ask()));
    await using _server = await startRawServer((socket) => socket.write(ok), { port });
    expect(await wire.ask()).toMatchObject({ status: 200 });
    const asking = Array.from({ length: 10 }, () => wire.ask({ fresh: true }));
    expect(wire.client.connecting).toBe(10);
    await Promise.all(asking);
  });

  it("fails only what its connects were for while an open connection still serves the others", async () => {
    const server = await startRawServer((socket) => setTimeout(() => socket.write(ok), 20));
    using wire = askingClient(server.port, { maxConnections: 3 });
    const first = wire.ask();
    while (wire.client.inFlight === 0) await wait(1);
    server.stopListening();
    const asked = await Promise.all([first, ...Array.from({ length: 39 }, () => wire.ask())]);
    const served = asked.filter(({ status }) => status === 200);
    const refused = asked.filter(({ error }) => error === "connect:ECONNREFUSED");
    expect(served.length + refused.length).toBe(40);
    // The first 16 failures, and one for each attempt after a pause in the 0.3 s that serving the others takes.
    expect(refused.length).toBeLessThanOrEqual(patience + 12);
    await server.close();
  });
});

describe("giving up", () => {
  it("settles everything once with aborted, and whatever is dispatched after close", async () => {
    await using server = await startRawServer(silent);
    using wire = askingClient(server.port, { maxConnections: 2 });
    const asking = Array.from({ length: 5 }, () => wire.ask());
    while (wire.client.inFlight < 2) await wait(1);
    wire.client.close();
    asking.push(wire.ask());
    const asked = await Promise.all(asking);
    expect(asked.map(({ error, settledTimes }) => [error, settledTimes])).toEqual(asked.map(() => ["aborted", 1]));
    expect(wire.client).toMatchObject({ inFlight: 0, waiting: 0, open: 0, connecting: 0 });
  });
});

it("settles every exchange exactly once whatever the server does", async () => {
  const whims: ((socket: Socket) => unknown)[] = [
    (socket) => socket.write(ok),
    (socket) => socket.write(ok),
    (socket) => socket.end(ok),
    (socket) => socket.end(),
    (socket) => socket.destroy(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.write("garbage\r\n"),
    (socket) => socket.write("HTTP/1.1 200 OK\r\n"),
    (socket) => setTimeout(() => socket.write(ok), 30),
    (socket) => socket.write(`${ok}${ok}`),
    () => undefined,
  ];
  await using server = await startRawServer((socket, _request, number) => void whims[(number * 7) % whims.length]?.(socket));
  using wire = askingClient(server.port, { maxConnections: 20 });
  const asked = await Promise.all(Array.from({ length: 600 }, () => wire.ask({ deadlineUs: wire.now() + 400_000 })));
  await wait(50);
  expect(asked.every(({ settledTimes }) => settledTimes === 1)).toBe(true);
  expect(asked.filter(({ error }) => error === null).every(({ status, bodyBytes }) => status === 200 && bodyBytes === 2)).toBe(
    true,
  );
  expect(wire.client).toMatchObject({ inFlight: 0, waiting: 0 });
  expect(new Set(asked.map(({ error }) => error)).size).toBeGreaterThan(5);
});
