import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../model/scenario.ts";
import type { Flight } from "./flight.ts";
import { replyOf } from "./reply.ts";
import { asked, senderOf, serve } from "./sender.fixture.ts";

describe("connections", () => {
  it("are kept or fresh as the operation says, and each one's opening is told", async () => {
    const target = await serve((_, reply) => reply.end("ok"));
    const kept = senderOf([target], {});
    for (const index of [0, 1, 2]) expect((await kept.send(index)).outcome).toBe("ok");
    expect(new Set(asked.map(({ port }) => port)).size).toBe(1);
    expect(kept.phases).toHaveLength(1);
    expect([kept.sender.connections, kept.sender.inFlight]).toEqual([1, 0]);
    asked.length = 0;
    const fresh = senderOf([target], { connection: "fresh" });
    for (const index of [0, 1, 2]) expect((await fresh.send(index)).outcome).toBe("ok");
    expect(new Set(asked.map(({ port }) => port)).size).toBe(3);
    expect(asked.map(({ headers }) => headers.connection)).toEqual(["close", "close", "close"]);
    expect(fresh.phases).toHaveLength(3);
    expect(fresh.phases[0]?.tcpUs).toBeGreaterThan(0);
  });

  it("of several targets are shared out, each target's requests to itself", async () => {
    const targets = await Promise.all([0, 1, 2].map((at) => serve((_, reply) => reply.end(String(at)))));
    const { sender, send } = senderOf(targets, { checks: { ours: () => true } });
    const flights = await Promise.all(Array.from({ length: 30 }, (_, index) => send(index)));
    expect(flights.map((flight) => replyOf(flight).body)).toEqual(flights.map(({ built }) => String(built.site.target)));
    // Ten connections for three targets: four and three and three.
    expect(sender.connections).toBe(10);
    const pending = send(31);
    expect(sender.inFlight).toBe(1);
    sender.abortAll();
    expect((await pending).errorKey).toBe("aborted");
    expect(sender.inFlight).toBe(0);
  });
});

describe("what is kept of a reply", () => {
  it("is nothing but every fourth head where nobody looks at it", async () => {
    const target = await serve((_, reply) => reply.setHeader("server-timing", "db;dur=2").end("body"));
    const { send } = senderOf([target], {});
    const flights: Flight[] = [];
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) flights.push(await send(index));
    expect(flights.map(({ head }) => head !== "")).toEqual([true, false, false, false, true, false, false, false]);
    expect(flights.every(({ body }) => body === null)).toBe(true);
  });

  it("is all of it where the operation checks it, or whoever sends it asks for it", async () => {
    const target = await serve((_, reply) => reply.end("body"));
    const asking = await senderOf([target], {}).send(1, null, true);
    const checking = await senderOf([target], { created: (reply) => reply.body }).send(1);
    expect([replyOf(asking).body, replyOf(checking).body, checking.createdId]).toEqual(["body", "body", "body"]);
  });

  it("is decoded for checks, and what cannot be decoded has not passed", async () => {
    const target = await serve((request, reply) => {
      reply.setHeader("content-encoding", "gzip").end(request.url === "/1" ? gzipSync('{"color":"green"}') : "no gzip");
    });
    const { send } = senderOf([target], { checks: { green: (reply) => reply.json.color === "green" } });
    expect((await send(1)).outcome).toBe("ok");
    expect((await send(2)).errorKey).toBe("check:green");
    expect((await senderOf([target], { checks: { any: (reply) => reply.status === 200 } }).send(2)).outcome).toBe("ok");
  });

  it("is the head alone where a retry has to wait for as long as that says", async () => {
    const target = await serve((_, reply) => reply.end("body"));
    const keeps = async (retry: RetryPolicy) => {
      const { send } = senderOf([target], { retry });
      const flights = [await send(0), await send(1)];
      return flights.map(({ head, body }) => [head !== "", body]);
    };
    expect(await keeps({ attempts: 2 })).toEqual([
      [true, null],
      [true, null],
    ]);
    expect(await keeps({ attempts: 2, retryAfter: false })).toEqual([
      [true, null],
      [false, null],
    ]);
  });

  it("is head and body of an error, so that what is compressed can be read", async () => {
    const target = await serve((_, reply) => {
      reply
        .setHeader("content-encoding", "gzip")
        .setHeader("server-timing", "db;dur=2")
        .writeHead(500)
        .end(gzipSync("out of order"));
    });
    const { send, samples, seconds } = senderOf([target], {});
    for (const index of [0, 1, 2]) await send(index);
    expect(samples.map(({ reply }) => reply)).toEqual(["out of order", "out of order", "out of order"]);
    // Its timing is read from as many as that of any reply: every fourth.
    expect(seconds.close(0).serverTiming).toMatchObject([{ count: 1 }]);
  });

  it("is shown as an example, with secrets taken out", async () => {
    const target = await serve((_, reply) => reply.writeHead(500).end('{"token":"abc"}'));
    const { send, samples } = senderOf([target], { request: () => ({ path: "/?token=abc" }) });
    await send(1);
    expect(samples).toMatchObject([
      { key: "status:500", operation: "get", request: "GET /?token=[redacted]", status: 500, reply: '{"token":"[redacted]"}' },
    ]);
  });
});

describe("a request that another attempt was to follow", () => {
  it("counts as the last attempt at it ended, or as failed, once it is known that none does", async () => {
    const target = await serve((_, reply) => reply.writeHead(503).end());
    const { send, sender, seconds } = senderOf([target], {}, { review: (flight) => (flight.retryAtUs = 1) });
    const flights = [await send(0), await send(1)];
    expect([sender.totals.load, seconds.counts.sent]).toEqual([undefined, 0]);
    sender.count(flights[0]!);
    expect(seconds.counts).toMatchObject({ sent: 1, done: 1, rejected: 1, errors: { "status:503": 1 } });
    sender.fail("load", flights[1]!, "unsent");
    sender.fail("load", null, "unsent");
    expect(seconds.counts).toMatchObject({ sent: 2, done: 2, rejected: 1, failed: 2, errors: { unsent: 2 } });
    expect(sender.totals.load).toEqual({ sent: 2, ok: 0 });
  });
});
