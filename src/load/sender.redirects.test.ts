import { beforeAll, describe, expect, it } from "vitest";
import { plainNetwork } from "../model/plan.ts";
import { loadCookies, newSession } from "./journey-session.ts";
import { asked, redirectTo, senderOf, serve, whats } from "./sender.fixture.ts";
import { siteAt, sitesOf } from "./sites.ts";

beforeAll(() => loadCookies({ journeys: { visit: { weight: 1, steps: [] } } }));

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
    const flight = await senderOf([target], { redirects: 1 }, { deadlineUs: 300_000 }).send(1);
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
