import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import { plainNetwork, type RunPlan } from "../model/plan.ts";
import type { RequestSample } from "../model/sample.ts";
import type { Operation, RetryPolicy, ScenarioInput } from "../model/scenario.ts";
import type { ConnectPhases } from "../wire/transport.ts";
import type { Flight } from "./flight.ts";
import { loadCookies, newSession, type JourneySession } from "./journey-session.ts";
import { replyOf } from "./reply.ts";
import { RequestBuilder } from "./requests.ts";
import { Sender } from "./sender.ts";
import { siteAt, sitesOf } from "./sites.ts";

/** What a server was asked, in order: `GET /path` and the headers it came with. */
interface Asked {
  readonly what: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly port: number;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
beforeAll(() => loadCookies({ journeys: { visit: { weight: 1, steps: [] } } }));

let asked: Asked[] = [];

/** A server that answers by path; resolves with its origin. */
async function serve(answer: (request: IncomingMessage, reply: ServerResponse) => void): Promise<string> {
  asked = [];
  const listener: RequestListener = (request, reply) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
    request.on("end", () => {
      asked.push({
        what: `${request.method} ${request.url}`,
        headers: request.headers,
        body,
        port: request.socket.remotePort ?? 0,
      });
      answer(request, reply);
    });
  };
  const server = createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A sender of one operation, and a way to send it and wait for its end. */
function senderOf(targets: readonly string[], operation: Partial<Operation>, deadlineUs = 2_000_000) {
  const get: Operation = { kind: "read", weight: 1, request: (_, at) => ({ path: `/${at.index}` }), ...operation };
  const plan = {
    seed: 1,
    targets,
    connections: { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs },
    operations: [{ name: "get", kind: get.kind, weight: 1 }],
  } as unknown as RunPlan;
  const users: ScenarioInput["users"] = { name: "people", pool: 1, popularity: "uniform", user: () => ({ id: "u" }) };
  const builder = new RequestBuilder({ users, operations: { get } } as unknown as ScenarioInput, {
    runId: "run",
    plan,
    setup: undefined,
  });
  const waiting = new Map<number, (flight: Flight) => void>();
  const samples: RequestSample[] = [];
  const phases: ConnectPhases[] = [];
  const seconds = new SecondMeter();
  const sender = new Sender({
    plan,
    maxConnections: 10,
    operations: [get],
    seconds,
    nowUs: monotonicUs,
    connected: (opened) => phases.push(opened),
    review: () => undefined,
    settled: (flight) => waiting.get(flight.index)?.(flight),
    sample: (sample) => samples.push(sample),
  });
  const timer = setInterval(() => sender.expire(monotonicUs()), 1);
  closers.push(() => {
    clearInterval(timer);
    sender.close();
  });
  const send = (index: number, session: JourneySession | null = null, wantsReply = false): Promise<Flight> => {
    const nowUs = monotonicUs();
    return new Promise((resolve) => {
      waiting.set(index, resolve);
      sender.send({
        built: builder.build(0, 0, index, 0, "load", session),
        operation: 0,
        user: 0,
        index,
        step: 0,
        purpose: "load",
        dueUs: nowUs,
        dispatchedUs: nowUs,
        lagUs: 0,
        deadlineUs: nowUs + deadlineUs,
        journey: -1,
        session,
        attempt: 1,
        wantsReply,
      });
    });
  };
  return { sender, send, samples, phases, seconds };
}

const redirectTo = (status: number, location: string, reply: ServerResponse): void => {
  reply.writeHead(status, { location }).end("moved");
};
const whats = (): string[] => asked.map(({ what }) => what);

describe("connections", () => {
  it("are kept or fresh as the operation says, and each one's opening is told", async () => {
    const target = await serve((_, reply) => reply.end("ok"));
    const kept = senderOf([target], {});
    for (const index of [0, 1, 2]) expect((await kept.send(index)).outcome).toBe("ok");
    expect(new Set(asked.map(({ port }) => port)).size).toBe(1);
    expect(kept.phases).toHaveLength(1);
    expect([kept.sender.connections, kept.sender.inFlight]).toEqual([1, 0]);
    asked = [];
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

describe("redirects", () => {
  it("are replies like any other unless they are asked for", async () => {
    const target = await serve((_, reply) => redirectTo(302, "/n", reply));
    expect(await senderOf([target], {}).send(1)).toMatchObject({ outcome: "failed", errorKey: "status:302", journal: "unknown" });
    expect(whats()).toEqual(["GET /1"]);
  });

  it("are one request: sent with the first, done with the last, counted once", async () => {
    const target = await serve((request, reply) => {
      if (request.url === "/end") reply.end("there");
      else setTimeout(() => redirectTo(307, request.url === "/1" ? "/2" : "/end", reply), 20);
    });
    const { send, sender, seconds } = senderOf([target], {
      redirects: 5,
      checks: { there: (reply) => reply.body === "there" },
      request: () => ({ method: "PUT", path: "/1", json: { a: 1 }, headers: { "x-own": "o" } }),
    });
    const flight = await send(1);
    expect(flight).toMatchObject({ outcome: "ok", errorKey: null, status: 200 });
    expect(whats()).toEqual(["PUT /1", "PUT /2", "PUT /end"]);
    for (const { headers, body } of asked) {
      expect(headers).toMatchObject({ "x-synthetic-run": "run", traceparent: asked[0]?.headers["traceparent"], "x-own": "o" });
      expect(body).toBe('{"a":1}');
    }
    expect(flight.serviceUs).toBeGreaterThan(40_000);
    expect(flight.waitUs).toBeLessThan(20_000);
    expect(sender.totals.load).toEqual({ sent: 1, ok: 1 });
    expect(seconds.counts).toMatchObject({ sent: 1, ok: 1 });
  });

  it("make a GET without a body of a POST", async () => {
    const target = await serve((request, reply) => (request.url === "/end" ? reply.end() : redirectTo(303, "/end", reply)));
    const { send } = senderOf([target], { redirects: 1, request: () => ({ method: "POST", path: "/1", body: "x" }) });
    expect((await send(1)).outcome).toBe("ok");
    expect(whats()).toEqual(["POST /1", "GET /end"]);
    expect(asked[1]).toMatchObject({ body: "" });
    expect(asked[1]?.headers).not.toHaveProperty("content-length");
  });

  it("may have written what is refused at their end", async () => {
    const target = await serve((request, reply) => {
      if (request.method === "POST") redirectTo(303, "/end", reply);
      else reply.writeHead(503).end();
    });
    const { send } = senderOf([target], { kind: "write", redirects: 1, request: () => ({ method: "POST", path: "/1" }) });
    expect(await send(1)).toMatchObject({ outcome: "rejected", errorKey: "status:503", journal: "unknown" });
    const direct = senderOf([target], { kind: "write", redirects: 1, request: () => ({ method: "PUT", path: "/1" }) });
    expect(await direct.send(1)).toMatchObject({ outcome: "rejected", journal: "rejected" });
  });

  it("end where they go in circles, and the last one is judged like any reply", async () => {
    const target = await serve((_, reply) => redirectTo(302, "/again", reply));
    expect((await senderOf([target], { redirects: 3 }).send(1)).errorKey).toBe("status:302");
    expect(whats()).toEqual(["GET /1", "GET /again", "GET /again", "GET /again"]);
    expect((await senderOf([target], { redirects: 3, expect: { status: 302 } }).send(1)).outcome).toBe("ok");
  });

  it("lead to another target, and to nobody else", async () => {
    const second = await serve((_, reply) => reply.end("second"));
    const first = await serve((request, reply) =>
      redirectTo(302, request.url === "/0" ? `${second}/n` : "http://127.0.0.1:1/", reply),
    );
    // Requests that go to the first target.
    const [to, away] = [0, 1, 2, 3, 4, 5, 6, 7].filter(
      (index) => siteAt(sitesOf([first, second], plainNetwork), 1, index).target === 0,
    );
    const { send } = senderOf([first, second], {
      redirects: 1,
      request: (_, at) => ({ path: at.index === to ? "/0" : "/2" }),
    });
    expect((await send(to ?? -1)).outcome).toBe("ok");
    const flight = await send(away ?? -1);
    expect(flight).toMatchObject({ outcome: "failed", errorKey: "redirect:other-origin", journal: "unknown", status: 302 });
    expect(flight.responseUs).toBeGreaterThan(0);
    expect(whats().toSorted()).toEqual(["GET /0", "GET /2", "GET /n"]);
  });

  it("have one deadline together", async () => {
    const target = await serve((request, reply) => {
      if (request.url === "/1") setTimeout(() => redirectTo(302, "/deaf", reply), 150);
    });
    const flight = await senderOf([target], { redirects: 1 }, 300_000).send(1);
    expect(flight).toMatchObject({ errorKey: "timeout:sent", journal: "unknown", wasSent: true });
    expect(flight.doneUs - flight.dueUs).toBeLessThan(450_000);
  });
});

describe("cookies of a journey", () => {
  it("are kept from reply to request, over redirects too, and are nobody else's", async () => {
    const target = await serve((request, reply) => {
      if (request.url === "/0")
        return reply.setHeader("set-cookie", ["sid=1; Path=/", "lang=zh"]).writeHead(302, { location: "/in" }).end();
      if (request.url === "/in") return reply.setHeader("set-cookie", "sid=2; Path=/").end();
      return reply.end();
    });
    const { send } = senderOf([target], { redirects: 1 });
    const session = newSession(true);
    await send(0, session);
    await send(1, session);
    await send(2);
    await send(3, newSession(true));
    expect(asked.map(({ what, headers }) => [what, headers.cookie])).toEqual([
      ["GET /0", undefined],
      ["GET /in", "sid=1; lang=zh"],
      ["GET /1", "sid=2; lang=zh"],
      ["GET /2", undefined],
      ["GET /3", undefined],
    ]);
  });

  it("go with the scenario's own over a redirect", async () => {
    const target = await serve((request, reply) => {
      if (request.url === "/1") reply.setHeader("set-cookie", "sid=1; Path=/").writeHead(302, { location: "/in" }).end();
      else reply.end();
    });
    const { send } = senderOf([target], { redirects: 1, request: () => ({ path: "/1", headers: { cookie: "own=1" } }) });
    await send(1, newSession(true));
    expect(asked.map(({ headers }) => headers.cookie)).toEqual(["own=1", "own=1; sid=1"]);
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
