import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { askingClient, type AskingClient } from "../../../test/asking-client.ts";
import { startHttpServer } from "../../../test/http-server.ts";
import { startRawServer } from "../../../test/raw-server.ts";
import { certificate, startTlsServer } from "../../../test/tls-server.ts";
import { plainNetwork, type Network } from "../../model/plan.ts";
import type { TransportOptions } from "../transport.ts";

const trusting = { ...plainNetwork.tls, ca: certificate("ca") };
const h2: Network = { ...plainNetwork, protocol: "h2", tls: trusting };

function wireTo(origin: string, network: Network, options: Partial<TransportOptions> = {}): AskingClient {
  return askingClient(0, { ...(options as object), origin, network });
}

/** The stream under a reply of Node's. */
function streamOf(reply: ServerResponse): ServerHttp2Stream {
  return (reply as unknown as { readonly stream: ServerHttp2Stream }).stream;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: shop.test\r\n\r\n`;

function tally(errors: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const error of errors) counts[error ?? "ok"] = (counts[error ?? "ok"] ?? 0) + 1;
  return counts;
}

describe("an HTTP/2 server", () => {
  it("is never sent more streams than it allows, and the rest waits with us", async () => {
    let open = 0;
    let most = 0;
    const answer = async (_asked: unknown, reply: ServerResponse): Promise<void> => {
      most = Math.max(most, ++open);
      await wait(2);
      open -= 1;
      reply.end("answer");
    };
    await using server = await startHttpServer("h2", answer, { maxConcurrentStreams: 3 });
    using wire = wireTo(server.origin, h2, { maxConnections: 1 });
    await wire.ask();
    const asking = Array.from({ length: 30 }, () => wire.ask());
    expect(wire.client).toMatchObject({ inFlight: 3, waiting: 27, open: 1 });
    expect(tally((await Promise.all(asking)).map(({ error }) => error))).toEqual({ ok: 30 });
    expect([most, server.accepted]).toEqual([3, 1]);
  });

  it("is sent 100 streams on a connection where it allows more, and then another connection", async () => {
    const replies: ServerResponse[] = [];
    await using server = await startHttpServer("h2", ({ path }, reply) => (path === "/" ? reply.end() : replies.push(reply)));
    using wire = wireTo(server.origin, h2, { maxConnections: 2 });
    await wire.ask();
    const asking = Array.from({ length: 150 }, () => wire.ask({ request: get("/held") }));
    expect(wire.client).toMatchObject({ inFlight: 100, waiting: 50, open: 1, connecting: 1 });
    while (replies.length < 150) await wait(1);
    expect(wire.client).toMatchObject({ inFlight: 150, waiting: 0, open: 2, connecting: 0 });
    for (const reply of replies) reply.end();
    await Promise.all(asking);
  });

  it("that refuses a stream is not asked again behind our back", async () => {
    let asked = 0;
    await using server = await startHttpServer("h2", ({ path }, reply) => {
      asked += 1;
      if (path === "/refused") streamOf(reply).close(constants.NGHTTP2_REFUSED_STREAM);
      else reply.end("answer");
    });
    using wire = wireTo(server.origin, h2);
    const both = await Promise.all([wire.ask({ request: get("/refused") }), wire.ask({ request: get("/taken") })]);
    expect(both.map(({ error, status }) => [error, status])).toEqual([
      ["sent:REFUSED_STREAM", 0],
      [null, 200],
    ]);
    expect([asked, server.accepted]).toEqual([2, 1]);
  });

  it.each([
    ["before its reply", "sent:INTERNAL_ERROR", 0],
    ["within its reply", "reading:INTERNAL_ERROR", 200],
  ])("that breaks a stream off %s is taken at its word", async (when, error, status) => {
    await using server = await startHttpServer("h2", async (_asked, reply) => {
      if (when === "within its reply") {
        reply.setHeader("content-length", "100");
        reply.write("begun");
        await wait(20);
      }
      streamOf(reply).close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    using wire = wireTo(server.origin, h2);
    expect(await wire.ask()).toMatchObject({ error, status, settledTimes: 1 });
    expect(wire.client).toMatchObject({ inFlight: 0, open: 1 });
  });

  it("that says GOAWAY answers what it has looked at; the rest goes to a new connection", async () => {
    const answered: string[] = [];
    const others = Promise.withResolvers<void>();
    await using server = await startHttpServer("h2", async ({ path }, reply) => {
      if (path === "/warm") return reply.end();
      const { session, id } = streamOf(reply);
      // As nginx does after `keepalive_requests`: streams after this one are never looked at.
      if (path === "/0") session?.goaway(constants.NGHTTP2_NO_ERROR, id);
      const isOnFirst = session === server.sessions[0];
      if (isOnFirst && path !== "/0") return;
      // What it has looked at is answered only once all the others have been, by the new connection.
      if (isOnFirst) await others.promise;
      if (answered.push(path) === 49) others.resolve();
      reply.end("answer");
    });
    using wire = wireTo(server.origin, h2);
    await wire.ask({ request: get("/warm") });
    const asked = await Promise.all(Array.from({ length: 50 }, (_, index) => wire.ask({ request: get(`/${index}`) })));
    expect(tally(asked.map(({ error }) => error))).toEqual({ ok: 50 });
    expect(new Set(asked.map(({ settledTimes }) => settledTimes))).toEqual(new Set([1]));
    expect(answered.toSorted()).toEqual(Array.from({ length: 50 }, (_, index) => `/${index}`).toSorted());
    expect(asked.slice(1).every(({ doneUs }) => doneUs < (asked[0]?.doneUs ?? 0))).toBe(true);
    while (wire.client.open > 1) await wait(1);
    expect([server.accepted, wire.client.inFlight]).toEqual([2, 0]);
  });

  it("that closes its connections one by one under load loses nothing, and nothing is sent twice", async () => {
    let count = 0;
    const seen = new Map<string, number>();
    await using server = await startHttpServer("h2", async ({ path }, reply) => {
      seen.set(path, (seen.get(path) ?? 0) + 1);
      if (++count % 200 === 0) streamOf(reply).session?.close();
      await wait(1);
      reply.end("answer");
    });
    using wire = wireTo(server.origin, h2, { maxConnections: 5 });
    const asked = await Promise.all(Array.from({ length: 3_000 }, (_, index) => wire.ask({ request: get(`/${index}`) })));
    expect(tally(asked.map(({ error }) => error))).toEqual({ ok: 3_000 });
    expect([seen.size, count]).toEqual([3_000, 3_000]);
    expect(server.accepted).toBeGreaterThan(5);
  });

  it("that says GOAWAY to everything is not connected to without an end", async () => {
    // SETTINGS, then GOAWAY with 0 as the last stream and as the error (RFC 9113, sections 6.5 and 6.8).
    const frames = Buffer.from(["000000040000000000", "000008070000000000", "0000000000000000"].join(""), "hex");
    await using server = await startRawServer((socket, text) => void (text.startsWith("PRI") && socket.write(frames)));
    using wire = wireTo(`http://127.0.0.1:${server.port}`, h2);
    const asked = await Promise.all(Array.from({ length: 5 }, () => wire.ask()));
    expect(tally(asked.map(({ error }) => error))).toEqual({ "sent:GOAWAY": 5 });
    expect(server.accepted).toBeLessThanOrEqual(5);
  });

  it("that is overwhelmed says so", async () => {
    await using server = await startHttpServer("h2", (_asked, reply) =>
      streamOf(reply).session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 1),
    );
    using wire = wireTo(server.origin, h2);
    expect(await wire.ask()).toMatchObject({ error: "sent:ENHANCE_YOUR_CALM" });
  });

  it("that falls silent gets what comes next on a new connection", async () => {
    let isSilent = false;
    await using server = await startHttpServer("h2", (_asked, reply) => void (isSilent || reply.end("answer")));
    using wire = wireTo(server.origin, h2);
    await wire.ask();
    isSilent = true;
    expect(await wire.ask({ deadlineUs: wire.now() + 20_000 })).toMatchObject({ error: "timeout:sent" });
    isSilent = false;
    expect(await wire.ask()).toMatchObject({ error: null });
    expect([server.accepted, wire.client.open]).toEqual([2, 1]);
  });
});

describe("a server that does not speak HTTP/2", () => {
  it("fails the TLS handshake where it refuses the protocol", async () => {
    await using server = await startTlsServer(() => undefined, { ALPNProtocols: ["http/1.1"] });
    using wire = wireTo(`https://127.0.0.1:${server.port}`, h2);
    expect((await wire.ask()).error).toMatch(/^tls:ERR_SSL_\w*NO_APPLICATION_PROTOCOL$/);
  });

  it("is not spoken to where it says nothing of protocols", async () => {
    await using server = await startTlsServer(() => undefined);
    using wire = wireTo(`https://127.0.0.1:${server.port}`, h2);
    expect(await wire.ask()).toMatchObject({ error: "tls:NO_H2", sentUs: 0 });
  });

  it("is a malformed reply over plain TCP", async () => {
    await using server = await startRawServer((socket) => socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    using wire = wireTo(`http://127.0.0.1:${server.port}`, h2);
    expect(await wire.ask()).toMatchObject({ error: "reading:malformed-http2", status: 0 });
  });
});

describe("TLS over HTTP/2", () => {
  it("is verified", async () => {
    await using server = await startHttpServer("h2+tls", (_asked, reply) => reply.end());
    using wire = wireTo(server.origin, { ...plainNetwork, protocol: "h2" });
    expect((await wire.ask()).error).toMatch(/^tls:(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/);
    using other = wireTo(server.origin, { ...h2, tls: { ...trusting, serverName: "other.test" } });
    expect(await other.ask()).toMatchObject({ error: "tls:ERR_TLS_CERT_ALTNAME_INVALID" });
    using careless = wireTo(server.origin, { ...plainNetwork, protocol: "h2", tls: { ...plainNetwork.tls, verify: false } });
    expect(await careless.ask()).toMatchObject({ error: null });
  });

  it("goes to the address in `resolve`, from the local addresses in turn, with the name in the request", async () => {
    const hosts: string[] = [];
    await using server = await startHttpServer("h2+tls", ({ host }, reply) => {
      hosts.push(host);
      reply.end(streamOf(reply).session?.socket.remoteAddress);
    });
    const { port } = new URL(server.origin);
    using wire = wireTo(`https://peakproof.test:${port}`, {
      ...h2,
      resolve: { [`peakproof.test:${port}`]: "127.0.0.1" },
      sourceAddresses: ["127.0.0.2", "127.0.0.3"],
    });
    const request = `GET / HTTP/1.1\r\nhost: peakproof.test:${port}\r\n\r\n`;
    const sources = [];
    for (let index = 0; index < 2; index++) {
      sources.push((await wire.ask({ request, fresh: true, keepBody: true })).body?.toString());
    }
    expect(sources).toEqual(["127.0.0.2", "127.0.0.3"]);
    expect(new Set(hosts)).toEqual(new Set([`peakproof.test:${port}`]));
  });
});

it("a request that undici will not send fails, not within dispatch, and stands in nobody's way", async () => {
  await using server = await startHttpServer("h2", (_asked, reply) => reply.end());
  const refused = "GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n";
  using wire = wireTo(server.origin, h2, { maxConnections: 1 });
  for (let index = 0; index < 2; index++) {
    expect(await wire.ask({ request: refused })).toMatchObject({
      error: "sent:UND_ERR_NOT_SUPPORTED",
      sentUs: 0,
      settledTimes: 1,
    });
    expect(await wire.ask()).toMatchObject({ error: null });
  }
  const asking = wire.ask({ request: refused });
  expect(wire.client.inFlight).toBe(1);
  await asking;
});
