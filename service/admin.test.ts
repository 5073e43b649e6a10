import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lease } from "./lease.ts";
import { send, testService, type TestService } from "./testing.ts";

let service: TestService;

beforeAll(async () => {
  service = await testService({ realCitizens: 3 });
});
afterAll(() => service.stop());

describe("the lease", () => {
  it("is held by one until it runs out or is given back", () => {
    const lease = new Lease();
    expect(lease.take("a", 100, 0)).toEqual({ holder: "a", sinceMs: 0, expiresMs: 100 });
    expect(lease.take("b", 100, 50).holder).toBe("a");
    expect(lease.take("a", 100, 90)).toEqual({ holder: "a", sinceMs: 0, expiresMs: 190 });
    expect(lease.release("b", 100)?.holder).toBe("a");
    expect(lease.take("b", 100, 190)).toEqual({ holder: "b", sinceMs: 190, expiresMs: 290 });
    expect([lease.release("b", 200), lease.release("c", 200)]).toEqual([null, null]);
    expect(lease.take("c", 100, 200).holder).toBe("c");
  });

  it("is taken, renewed and given back on the admin port", async () => {
    const ask = (method: string, body: object) =>
      send(`${service.adminUrl}/lease`, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    const taken = await ask("PUT", { holder: "ann", ttlMs: 10_000 });
    expect([taken.status, taken.body]).toMatchObject([200, { holder: "ann" }]);
    expect(Date.parse(String(taken.body["expiresAt"]))).toBeGreaterThan(Date.now() + 5_000);
    const refused = await ask("PUT", { holder: "bob", ttlMs: 10_000 });
    expect([refused.status, Object.keys(refused.body), refused.body["holder"]]).toEqual([409, ["holder", "since"], "ann"]);
    expect([(await ask("DELETE", { holder: "bob" })).status, (await ask("DELETE", { holder: "ann" })).status]).toEqual([
      409, 204,
    ]);
    expect([(await ask("PUT", { holder: "bob" })).status, (await ask("PUT", { ttlMs: 1 })).status]).toEqual([200, 400]);
    expect((await ask("POST", {})).status).toBe(405);
  });
});

describe("the list of untagged rows", () => {
  const path = "/synthetic/any-1/untagged";
  const headers = () => ({ authorization: `Bearer ${service.config.adminToken}` });

  it("has a line per row", async () => {
    await service.post("/citizens", { id: "t", name: "n", idNumber: "1", phone: "1" }, { "x-synthetic-run": "any-1" });
    const reply = await send(`${service.adminUrl}${path}`, { headers: headers() });
    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const rows = reply.text.trimEnd().split("\n");
    expect(rows.map((row) => JSON.parse(row) as object)).toMatchObject(
      [1, 2, 3].map((at) => ({
        place: "citizens",
        key: `resident-00000${at}`,
        digest: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        at: "2020-02-11T00:00:00.000Z",
      })),
    );
  });

  it("wants the token and can only be read", async () => {
    const statuses = [
      await send(`${service.adminUrl}${path}`, {}),
      await send(`${service.adminUrl}${path}`, { method: "DELETE", headers: headers() }),
      await send(`${service.adminUrl}/synthetic/any-1/other`, { headers: headers() }),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([401, 405, 404]);
  });
});
