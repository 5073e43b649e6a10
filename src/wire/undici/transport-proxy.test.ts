import { describe, expect, it } from "vitest";
import { askingClient, type AskingClient } from "../../../test/asking-client.ts";
import { startHttpServer } from "../../../test/http-server.ts";
import { startProxy } from "../../../test/proxy.ts";
import { startRawServer } from "../../../test/raw-server.ts";
import { certificate } from "../../../test/tls-server.ts";
import { Fault } from "../../model/fault.ts";
import { plainNetwork, type Network } from "../../model/plan.ts";
import { openTransport, type TransportOptions } from "../transport.ts";

const networkBy = (proxy: string, resolve: Network["resolve"] = {}): Network => ({
  ...plainNetwork,
  tls: { ...plainNetwork.tls, ca: certificate("ca") },
  proxy,
  resolve,
});

/** A client of `origin` that goes by way of a proxy. */
const wireThrough = (
  proxy: string,
  origin: string,
  options: Partial<Pick<TransportOptions, "network" | "now">> = {},
): AskingClient => askingClient(0, { origin, network: networkBy(proxy), ...options });

describe("a proxy", () => {
  it("is asked for whole addresses over http, and for tunnels over https", async () => {
    await using proxy = await startProxy();
    await using plain = await startHttpServer("h1", ({ host }, reply) => reply.end(host));
    await using secure = await startHttpServer("h1+tls", (_asked, reply) => reply.end());
    using first = wireThrough(proxy.origin, plain.origin);
    expect(
      (await first.ask({ request: "GET /a?b=1 HTTP/1.1\r\nhost: shop.test\r\n\r\n", keepBody: true })).body?.toString(),
    ).toBe("shop.test");
    const { port } = new URL(secure.origin);
    using second = wireThrough(proxy.origin, `https://peakproof.test:${port}`, {
      network: networkBy(proxy.origin, { [`peakproof.test:${port}`]: "127.0.0.1" }),
    });
    expect(await second.ask()).toMatchObject({ error: null, status: 200 });
    expect(proxy.asked).toEqual([`GET ${plain.origin}/a?b=1 HTTP/1.1`, `CONNECT 127.0.0.1:${port} HTTP/1.1`]);
  });

  it.each([
    ["403", "refuses the tunnel", 403],
    ["502", "cannot reach the server", 502],
  ])("that answers %s fails the connect, as it %s", async (_status, _why, status) => {
    await using proxy = await startProxy(status);
    await using server = await startHttpServer("h1+tls", (_asked, reply) => reply.end());
    using wire = wireThrough(proxy.origin, server.origin);
    expect(await wire.ask()).toMatchObject({ error: `connect:PROXY_${status}`, status: 0, sentUs: 0 });
    expect(wire.client).toMatchObject({ open: 0, inFlight: 0 });
  });

  it.each([
    ["speaks something else", "connect:malformed-invalid-constant", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["hangs up", "connect:EOF", null],
  ])("that %s fails the connect", async (_what, error, text) => {
    await using proxy = await startRawServer((socket) => (text === null ? socket.end() : socket.write(text)));
    using wire = wireThrough(`http://127.0.0.1:${proxy.port}`, "https://127.0.0.1:1");
    expect((await wire.ask()).error).toBe(error);
  });

  it("in front of a server that hung up an idle connection is not blamed for more than that", async () => {
    await using proxy = await startRawServer((socket, _request, number) =>
      number === 0 ? socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") : socket.end(),
    );
    using wire = wireThrough(`http://127.0.0.1:${proxy.port}`, "http://127.0.0.1:1");
    expect(await wire.ask()).toMatchObject({ error: null });
    expect(await wire.ask()).toMatchObject({ error: "sent:closed-idle", status: 0 });
  });

  it("in front of a server that hung up long after our request is told as that", async () => {
    let nowUs = 1_000_000;
    await using proxy = await startRawServer((socket, _request, number) => {
      if (number === 0) return void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      nowUs += 101_000;
      socket.end();
    });
    using wire = wireThrough(`http://127.0.0.1:${proxy.port}`, "http://127.0.0.1:1", { now: () => (nowUs += 1) });
    expect(await wire.ask()).toMatchObject({ error: null });
    expect(await wire.ask()).toMatchObject({ error: "sent:EOF", status: 0 });
  });

  it.each([
    ["malformed-reply", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na"],
    ["malformed-response", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["too-large", `HTTP/1.1 200 OK\r\nA: ${"a".repeat(70_000)}\r\n\r\n`],
  ])("that passes on something odd: reading:%s", async (what, text) => {
    await using proxy = await startRawServer((socket) => socket.write(text));
    using wire = wireThrough(`http://127.0.0.1:${proxy.port}`, "http://127.0.0.1:1");
    expect(await wire.ask()).toMatchObject({ error: `reading:${what}`, settledTimes: 1 });
  });

  it("over TLS is refused before anything is sent", () => {
    const open = (): unknown =>
      openTransport({
        origin: "http://127.0.0.1:1",
        network: networkBy("https://127.0.0.1:2"),
        maxConnections: 1,
        now: () => 1,
        settled: () => undefined,
      });
    expect(open).toThrow(Fault);
  });
});
