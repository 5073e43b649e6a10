import { createPublicKey, verify } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPrograms, startPostgres } from "../test/postgres-server.ts";
import { hasRedis, startRedis } from "../test/redis-server.ts";
import type { TemporaryServer } from "../test/temporary-server.ts";
import { eventually, send, testService, type TestService } from "./testing.ts";

let service: TestService;
const resident = "resident-000001";
const tag = { "x-synthetic-run": "routes-1", "x-synthetic-purpose": "load" };
const person = { name: "李四", idNumber: "000000197001010012", phone: "10000000001" };

const errorOf = (reply: { body: Record<string, unknown> }) =>
  reply.body["error"] as { code: string; details?: { field: string }[] };
const timingsOf = (reply: { headers: Headers }): string[] =>
  (reply.headers.get("server-timing") ?? "").split(", ").map((entry) => /^(\w+);dur=\d+\.\d+$/.exec(entry)?.[1] ?? entry);

const hasServers = postgresPrograms !== null && hasRedis;
if (!hasServers) console.warn("SKIPPED: the service's tests on PostgreSQL and Redis, since there are none here");

const kinds = [
  { name: "SQLite and memory", isHere: true, servers: async (): Promise<TemporaryServer[]> => [] },
  { name: "PostgreSQL and Redis", isHere: hasServers, servers: () => Promise.all([startPostgres(), startRedis()]) },
];

describe.each(kinds.filter(({ isHere }) => isHere))("on $name", ({ servers }) => {
  let running: TemporaryServer[];
  beforeAll(async () => {
    running = await servers();
    const [postgres, redis] = running;
    service = await testService({ workers: 2, databaseUrl: postgres?.url ?? null, redisUrl: redis?.url ?? null });
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    for (const server of running) await server.stop();
  });

  describe("GET /codes/:id", () => {
    it("gives a payload that the service's public key verifies", async () => {
      const reply = await service.code(resident);
      expect(reply.status).toBe(200);
      const [version, payload = "", signature = ""] = String(reply.body["qr"]).split(".");
      const { text: publicKey } = await send(`${service.adminUrl}/public-key`, {});
      expect(version).toBe("HC1");
      expect(verify("sha256", Buffer.from(payload), createPublicKey(publicKey), Buffer.from(signature, "base64url"))).toBe(true);
      const { issuedAt, color } = reply.body;
      expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual({ id: resident, color, issuedAt });
    });

    it("says where the time went: store on a miss, cache and signature always", async () => {
      const replies = [];
      for (let at = 0; at < 6; at++) replies.push(timingsOf(await service.code("resident-000007")).join(" "));
      expect(new Set(replies)).toEqual(new Set(["cache store sign", "cache sign"]));
    });

    it("refuses another citizen's token before it says whether the citizen exists", async () => {
      const stolen = { authorization: "Bearer 00" };
      const replies = [
        await service.get(`/codes/${resident}`, stolen),
        await service.get("/codes/nobody"),
        await service.code("nobody"),
      ];
      expect(replies.map((reply) => [reply.status, errorOf(reply).code])).toEqual([
        [401, "unauthorized"],
        [401, "unauthorized"],
        [404, "citizen_not_found"],
      ]);
    });
  });

  describe("POST /citizens", () => {
    it("answers 201, and 200 for one that is there", async () => {
      const post = () => service.post("/citizens", { id: "c-201", ...person }, tag);
      expect([(await post()).status, (await post()).status, (await service.code("c-201")).status]).toEqual([201, 200, 200]);
    });

    it("lists every fault of a body", async () => {
      const reply = await service.post("/citizens", { id: "a b", name: "", phone: 7 });
      expect([reply.status, errorOf(reply).details?.map((fault) => fault.field)]).toEqual([
        400,
        ["id", "name", "idNumber", "phone"],
      ]);
    });
  });

  describe("POST /checkins", () => {
    it("answers 202 and stores the row soon after", async () => {
      const reply = await service.post("/checkins", { citizenId: "c", venueId: "v" }, { "x-synthetic-run": "checkins-1" });
      expect([reply.status, timingsOf(reply)]).toEqual([202, ["queue"]]);
      const rows = async () => (await service.synthetic("checkins-1")).body["rows"];
      const stored = await eventually(rows, (each) => (each as { store: number; queue: number }).store === 1);
      expect(stored).toMatchObject({ store: 1, cache: 0 });
      const { id } = reply.body;
      expect((await service.get(`/checkins/${String(id)}`)).body).toMatchObject({ id, citizenId: "c", venueId: "v", count: 1 });
      expect(errorOf(await service.get("/checkins/none")).code).toBe("checkin_not_found");
    });
  });

  describe("reports", () => {
    it("go to the laboratory with their tag, into the store, and colour the code", async () => {
      await service.post("/citizens", { id: "c-ill", ...person }, tag);
      const headers = {
        ...tag,
        "x-synthetic-user": "u-1",
        baggage: "synthetic.run=routes-1",
        traceparent: "00-1-2-01",
        cookie: "no",
      };
      const reply = await service.post(
        "/reports",
        { citizenId: "c-ill", temperature: 38.5, symptoms: ["cough"], away: true },
        headers,
      );
      expect([reply.status, timingsOf(reply)]).toEqual([201, ["lab", "store"]]);
      const stored = await service.get(`/reports/${String(reply.body["id"])}`);
      expect(stored.body).toMatchObject({ citizenId: "c-ill", temperature: 38.5, symptoms: ["cough"] });
      expect((await service.code("c-ill", tag)).body["color"]).not.toBe("green");
      const { body } = await send(`${service.laboratoryUrl}/calls/routes-1`, {});
      const { cookie, ...forwarded } = headers;
      expect([cookie, body["headers"]]).toEqual(["no", { ...forwarded, "user-agent": "node" }]);
    });

    it("have one effect per idempotency key, on whichever worker they land", async () => {
      const post = (body: object) => service.post("/reports", body, { "idempotency-key": "key-1", connection: "close" });
      const first = await post({ citizenId: "c" });
      const again = await Promise.all([1, 2, 3, 4].map(() => post({ citizenId: "c" })));
      expect([first.status, ...again.map((reply) => reply.status)]).toEqual([201, 200, 200, 200, 200]);
      expect(new Set([first, ...again].map((reply) => reply.body["id"])).size).toBe(1);
      const other = await post({ citizenId: "d" });
      expect([other.status, errorOf(other).code]).toEqual([422, "idempotency_key_reused"]);
    });

    it("have one effect when the same key comes several times at once", async () => {
      const post = () =>
        service.post("/reports", { citizenId: "c" }, { "idempotency-key": "key-2", ...tag, connection: "close" });
      const replies = await Promise.all(Array.from({ length: 8 }, post));
      expect(new Set(replies.map((reply) => reply.body["id"])).size).toBe(1);
      expect(replies.filter((reply) => reply.status === 201)).toHaveLength(1);
      expect(replies.filter((reply) => reply.status === 200)).toHaveLength(7);
    });

    it("are found by the key that made them, by their own run alone", async () => {
      const { body } = await service.post("/reports", { citizenId: "c" }, { ...tag, "idempotency-key": "key/3&" });
      const find = (headers: Record<string, string>) => service.get(`/reports?key=${encodeURIComponent("key/3&")}`, headers);
      const found = await find(tag);
      expect([found.status, found.body]).toEqual([200, { id: body["id"], count: 1 }]);
      expect([(await find({})).status, (await find({ "x-synthetic-run": "routes-2" })).status]).toEqual([404, 404]);
    });

    it("can be taken back, but not by another run", async () => {
      const id = String((await service.post("/reports", { citizenId: "c" }, tag)).body["id"]);
      const path = `/reports/${id}`;
      const removals = [{ "x-synthetic-run": "routes-2" }, tag, tag].map((headers) => () => service.remove(path, headers));
      const statuses = [];
      for (const remove of removals) statuses.push((await remove()).status);
      expect([...statuses, (await service.get(path)).status]).toEqual([404, 204, 404, 404]);
    });
  });

  describe("requests that fit no route or form", () => {
    it.each([
      ["GET", "/nowhere", {}, undefined, 404, "no_such_route"],
      ["PUT", "/checkins", {}, "{}", 405, "method_not_allowed"],
      ["GET", "/reports/a%2Fb", {}, undefined, 400, "invalid_id"],
      ["GET", "/ping", { "x-synthetic-run": "Not A Run" }, undefined, 400, "invalid_tag"],
      ["POST", "/checkins", {}, "[1]", 400, "invalid_json"],
      ["POST", "/checkins", {}, '{"citizenId":', 400, "invalid_json"],
      ["POST", "/checkins", { "content-type": "text/plain" }, "{}", 415, "unsupported_media_type"],
      ["POST", "/checkins", {}, `{"a":"${"x".repeat(20_000)}"}`, 413, "body_too_large"],
      ["POST", "/citizens", {}, '{"id":"c","name":"a\\u0000","idNumber":"1","phone":"1"}', 400, "invalid_body"],
      ["POST", "/citizens", {}, '{"id":"c","name":"a\\ud800","idNumber":"1","phone":"1"}', 400, "invalid_body"],
      ["GET", "/reports", {}, undefined, 400, "invalid_idempotency_key"],
      ["POST", "/reports", { "idempotency-key": "a b" }, '{"citizenId":"c"}', 400, "invalid_idempotency_key"],
    ] as const)("%s %s %j is answered %i with a code", async (method, path, headers, body, status, code) => {
      const init = {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body }),
      };
      const reply = await send(`${service.url}${path}`, init);
      expect([reply.status, errorOf(reply).code]).toEqual([status, code]);
    });

    it("refuses a body that grows beyond its bound without saying so, and goes on serving", async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const outgoing = request(`${service.url}/checkins`, { method: "POST" }, (reply) => resolve(reply.resume().statusCode));
        outgoing.on("error", reject);
        for (let at = 0; at < 20; at++) outgoing.write("x".repeat(1_000));
        outgoing.end();
      });
      expect([status, (await service.get("/ping")).status]).toEqual([413, 200]);
    });
  });

  describe("the admin port", () => {
    it("adds up both workers' requests by route, status and purpose", async () => {
      const series = 'health_code_requests_total{route="GET /ping",status="200",purpose="probe"}';
      const before = await service.metric(series);
      const ping = () => service.get("/ping", { "x-synthetic-purpose": "probe", connection: "close" });
      await Promise.all(Array.from({ length: 10 }, ping));
      expect((await service.metric(series)) - before).toBe(10);
    });

    it("keeps the number of purposes bounded whatever callers send", async () => {
      for (let at = 0; at < 30; at++)
        await service.get("/ping", { "x-synthetic-purpose": `p${"abcdefghijklmnopqrstuvwxyzabcd".slice(0, at % 15)}` });
      const { text } = await send(`${service.adminUrl}/metrics`, {});
      expect(new Set([...text.matchAll(/purpose="([^"]*)"/g)].map((match) => match[1])).size).toBeLessThan(33);
    });

    it("tells the processes that it consists of", async () => {
      const { body } = await send(`${service.adminUrl}/processes`, {});
      expect(body).toEqual({ ...service.pids });
      expect((await send(`${service.adminUrl}/healthz`, {})).status).toBe(200);
    });

    it("wants its token, a run id and a sound limit", async () => {
      const path = `${service.adminUrl}/synthetic/routes-1`;
      const statuses = [await send(path, {}), await send(path, { method: "DELETE", headers: { authorization: "Bearer wrong" } })];
      const own = [await service.synthetic("Not%20A%20Run"), await service.synthetic("r", "DELETE", "?limit=0")];
      expect([...statuses, ...own].map((reply) => reply.status)).toEqual([401, 401, 400, 400]);
    });
  });
});
