/** The documented examples of Toxiproxy's README and what its api.go answers, so that its clients work with ours. */
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { listen, startApi } from "./started-proxy.fixture.ts";

const redis = { name: "redis", listen: "127.0.0.1:0", upstream: "localhost:6379" };
const isUp = async (place: string): Promise<boolean> => {
  const socket = connect(Number(place.split(":").at(-1)), "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

describe("proxies over the API", () => {
  it("are created, shown, listed and deleted", async () => {
    await using api = await startApi();
    expect(await api.call("GET", "/proxies")).toEqual({ status: 200, body: {} });
    const created = await api.call("POST", "/proxies", redis);
    const listenAt = (created.body as { listen: string }).listen;
    expect(listenAt).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    const shown = { name: "redis", listen: listenAt, upstream: "localhost:6379", enabled: true, toxics: [] };
    expect(created).toEqual({ status: 201, body: shown });
    expect(await api.call("GET", "/proxies/redis")).toEqual({ status: 200, body: shown });
    expect(await api.call("GET", "/proxies")).toEqual({ status: 200, body: { redis: shown } });
    expect(await isUp(listenAt)).toBe(true);
    expect(await api.call("DELETE", "/proxies/redis")).toEqual({ status: 204, body: undefined });
    expect(await isUp(listenAt)).toBe(false);
  });

  it("go down and up again at the same address", async () => {
    await using api = await startApi();
    const { listen: place } = (await api.call("POST", "/proxies", redis)).body as { listen: string };
    expect(await api.call("POST", "/proxies/redis", { enabled: false })).toMatchObject({ status: 200, body: { enabled: false } });
    expect(await isUp(place)).toBe(false);
    expect(await api.call("PATCH", "/proxies/redis", { enabled: true })).toMatchObject({
      body: { enabled: true, listen: place },
    });
    expect(await isUp(place)).toBe(true);
    const moved = await api.call("POST", "/proxies/redis", { upstream: "localhost:6380" });
    expect(moved).toMatchObject({ status: 200, body: { upstream: "localhost:6380", listen: place } });
  });

  it("are refused in Toxiproxy's words", async () => {
    await using api = await startApi();
    await api.call("POST", "/proxies", redis);
    const refused = async (method: string, path: string, body?: unknown): Promise<unknown> =>
      (await api.call(method, path, body)).body;
    expect(await refused("POST", "/proxies", {})).toEqual({ error: "missing required field: name", status: 400 });
    expect(await refused("POST", "/proxies", { name: "a" })).toEqual({ error: "missing required field: upstream", status: 400 });
    expect(await refused("POST", "/proxies", [])).toMatchObject({ status: 400 });
    expect(await refused("POST", "/proxies", redis)).toEqual({ error: "proxy already exists", status: 409 });
    for (const [method, path] of [
      ["GET", "/proxies/none"],
      ["POST", "/proxies/none"],
      ["DELETE", "/proxies/none"],
      ["GET", "/proxies/none/toxics"],
    ] as const)
      expect(await refused(method, path, method === "POST" ? {} : undefined)).toEqual({ error: "proxy not found", status: 404 });
    expect(await refused("GET", "/elsewhere")).toMatchObject({ status: 404 });
    expect(await refused("DELETE", "/proxies")).toMatchObject({ status: 405 });
    const other = createServer();
    const taken = await listen(other);
    expect(await refused("POST", "/proxies", { ...redis, name: "b", listen: `127.0.0.1:${taken}` })).toEqual({
      error: `listen tcp 127.0.0.1:${taken}: EADDRINUSE`,
      status: 500,
    });
    other.close();
  });

  it("stay on this machine, and out of a browser's reach", async () => {
    await using api = await startApi();
    for (const place of [{ listen: "0.0.0.0:0" }, { listen: ":0" }, { upstream: "example.org:80" }])
      expect(await api.call("POST", "/proxies", { ...redis, ...place })).toMatchObject({
        status: 403,
        body: { error: expect.stringContaining("--allow") as unknown },
      });
    const reply = await fetch(`${api.url}/version`, { headers: { "user-agent": "Mozilla/5.0" } });
    expect(reply.status).toBe(403);
  });

  it("are populated: made, kept or replaced", async () => {
    await using api = await startApi();
    const populated = await api.call("POST", "/populate", [redis, { ...redis, name: "mysql", enabled: false }]);
    expect(populated).toMatchObject({
      status: 201,
      body: {
        proxies: [
          { name: "redis", enabled: true },
          { name: "mysql", enabled: false },
        ],
      },
    });
    const [kept] = (populated.body as { proxies: { listen: string }[] }).proxies;
    await api.call("POST", "/proxies/redis/toxics", { type: "latency" });
    await api.call("POST", "/populate", [{ ...redis, listen: kept!.listen }]);
    expect(await api.call("GET", "/proxies/redis")).toMatchObject({ body: { toxics: [{ name: "latency_downstream" }] } });
    await api.call("POST", "/populate", [{ ...redis, listen: kept!.listen, upstream: "localhost:1" }]);
    expect(await api.call("GET", "/proxies/redis")).toMatchObject({ body: { upstream: "localhost:1", toxics: [] } });
  });

  it("have a version and a page for Prometheus", async () => {
    await using api = await startApi();
    expect(await api.call("GET", "/version")).toEqual({ status: 200, body: { version: "2.9.9" } });
    await api.call("POST", "/proxies", redis);
    const page = await (await fetch(`${api.url}/metrics`)).text();
    expect(page).toContain('peakproof_proxy_requests_total{proxy="redis"} 0');
  });
});

describe("toxics over the API", () => {
  it("are added with defaults, shown, changed and removed", async () => {
    await using api = await startApi();
    await api.call("POST", "/proxies", redis);
    const added = {
      attributes: { latency: 1000, jitter: 0 },
      name: "latency_downstream",
      type: "latency",
      stream: "downstream",
      toxicity: 1,
    };
    expect(await api.call("POST", "/proxies/redis/toxics", { type: "latency", attributes: { latency: 1000 } })).toEqual({
      status: 200,
      body: added,
    });
    const slow = { type: "bandwidth", name: "slow", stream: "upstream", toxicity: 0.5, attributes: { rate: 10 } };
    expect(await api.call("POST", "/proxies/redis/toxics", slow)).toMatchObject({ status: 200, body: slow });
    expect(await api.call("GET", "/proxies/redis/toxics")).toMatchObject({
      body: [{ name: "slow" }, { name: "latency_downstream" }],
    });
    const changed = { ...added, attributes: { latency: 1000, jitter: 5 }, toxicity: 0.1 };
    expect(
      await api.call("POST", "/proxies/redis/toxics/latency_downstream", { attributes: { jitter: 5 }, toxicity: 0.1 }),
    ).toEqual({ status: 200, body: changed });
    expect(await api.call("GET", "/proxies/redis/toxics/latency_downstream")).toEqual({ status: 200, body: changed });
    expect(await api.call("DELETE", "/proxies/redis/toxics/slow")).toEqual({ status: 204, body: undefined });
    await api.call("POST", "/proxies/redis", { enabled: false });
    expect((await api.call("POST", "/reset")).status).toBe(204);
    expect(await api.call("GET", "/proxies/redis")).toMatchObject({ body: { enabled: true, toxics: [] } });
  });

  it("are refused in Toxiproxy's words", async () => {
    await using api = await startApi();
    await api.call("POST", "/proxies", redis);
    const add = async (body: unknown): Promise<unknown> => (await api.call("POST", "/proxies/redis/toxics", body)).body;
    await add({ type: "latency" });
    expect(await add({ type: "latency" })).toEqual({ error: "toxic already exists", status: 409 });
    expect(await add({ type: "plague" })).toEqual({ error: "invalid toxic type", status: 400 });
    expect(await add({ type: "latency", stream: "sideways" })).toEqual({
      error: "stream was invalid, can be either upstream or downstream",
      status: 400,
    });
    expect(await add({ type: "latency", name: "b", attributes: { latency: "1s" } })).toMatchObject({ status: 400 });
    expect(await add({ type: "latency", name: "b", toxicity: 2 })).toMatchObject({ status: 400 });
    const none = { error: "toxic not found", status: 404 };
    for (const method of ["GET", "POST", "DELETE"])
      expect((await api.call(method, "/proxies/redis/toxics/none", method === "POST" ? {} : undefined)).body).toEqual(none);
  });
});
