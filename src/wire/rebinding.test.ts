/** A name that is pointed elsewhere while a run goes on: no connection of any kind is made there. */
import type { LookupAddress, LookupOptions } from "node:dns";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { AbstractConnector, Redis } from "ioredis";
import postgres from "postgres";
import { Agent, request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { SetupFetch } from "../load/setup-fetch.ts";
import { plainNetwork, type Network } from "../model/plan.ts";
import { probeTargets } from "../safety/reachable.ts";
import { agentConnect } from "./agent-connect.ts";
import { connectOnly } from "./connect-only.ts";
import { postgresSocket, redisConnector } from "./database-connect.ts";
import { endpointFor } from "./endpoint.ts";

const zone = vi.hoisted(() => ({ address: "127.0.0.1", asked: 0 }));
vi.mock("node:dns", async (original) => ({
  ...(await original<object>()),
  lookup: (
    _name: string,
    { all }: LookupOptions,
    callback: (error: null, answer: string | LookupAddress[], family?: number) => void,
  ) => {
    zone.asked += 1;
    if (all === true) callback(null, [{ address: zone.address, family: 4 }]);
    else callback(null, zone.address, 4);
  },
}));

const elsewhere = "127.0.0.2";
const network: Network = { ...plainNetwork, permitted: ["127.0.0.1"] };
let allowed: Server;
let stranger: Server;
let visits = 0;
let origin: string;
beforeAll(async () => {
  allowed = createServer((socket) => {
    socket
      .on("error", () => undefined)
      .on("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
  });
  allowed.listen(0, "127.0.0.1");
  await once(allowed, "listening");
  const { port } = allowed.address() as AddressInfo;
  stranger = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  stranger.listen(port, elsewhere);
  await once(stranger, "listening");
  origin = `http://app.test:${port}`;
});
afterAll(() => {
  allowed.close();
  stranger.close();
});
beforeEach(() => {
  zone.address = "127.0.0.1";
  visits = 0;
});

describe("after the name was pointed elsewhere", () => {
  it.each(["h1", "h2"] as const)("the load over %s fails to connect, by a key of its own", async (protocol) => {
    using wire = askingClient(0, { origin, network: { ...network, protocol } });
    zone.address = elsewhere;
    expect((await wire.ask({ fresh: true })).error).toBe("connect:NOT_ALLOWED");
    expect(visits).toBe(0);
  });

  it("so does the load through a proxy of that name", async () => {
    zone.address = elsewhere;
    using wire = askingClient(0, { origin: "http://10.0.0.1", network: { ...network, proxy: origin } });
    expect((await wire.ask()).error).toBe("connect:NOT_ALLOWED");
    expect(visits).toBe(0);
  });

  it("so do the lane, the scrape and cleanup calls, and the first look at the target", async () => {
    expect(await connectOnly(endpointFor(origin, network), 1_000)).toMatchObject({ connectUs: expect.any(Number) });
    zone.address = elsewhere;
    expect(await connectOnly(endpointFor(origin, network), 1_000)).toEqual({ error: "connect:NOT_ALLOWED" });
    const agent = new Agent({ connect: agentConnect(origin, network) });
    await expect(request(origin, { dispatcher: agent })).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    await agent.destroy();
    const plan = { targets: [origin], admin: origin, connections: network };
    await expect(probeTargets(plan, 1_000)).rejects.toMatchObject({
      kind: "safety",
      message: "app.test now resolves to 127.0.0.2, where nobody allowed this run to go",
    });
    expect(visits).toBe(0);
  });
});

describe("after the name was pointed elsewhere, a client of a database", () => {
  const address = (protocol: string): string => origin.replace("http:", protocol);

  it("of PostgreSQL is refused the connection, whatever its address says of TLS", async () => {
    zone.address = elsewhere;
    for (const query of ["", "?sslmode=require"]) {
      const url = address("postgres:") + query;
      const sql = postgres(url, { ...postgresSocket(url, network), max: 1 });
      await expect(sql`SELECT 1`).rejects.toMatchObject({ code: "NOT_ALLOWED" });
      await sql.end({ timeout: 0 });
    }
    expect(visits).toBe(0);
  });

  it.each(["redis:", "rediss:"])("of Redis, too (%s)", async (protocol) => {
    zone.address = elsewhere;
    const url = address(protocol);
    const client = new Redis(url, {
      ...redisConnector(AbstractConnector, url, network),
      lazyConnect: true,
      retryStrategy: () => null,
    });
    const errors: unknown[] = [];
    client.on("error", (error) => errors.push(error));
    await expect(client.connect()).rejects.toThrow("Connection is closed");
    expect(errors).toContainEqual(expect.objectContaining({ code: "NOT_ALLOWED" }));
    client.disconnect();
    expect(visits).toBe(0);
  });
});

it("leads no setup astray that goes through a proxy of that name", async () => {
  const target = "http://10.0.0.1";
  const connections = { ...network, proxy: origin, policy: "keep-alive" as const, max: 1, deadlineUs: 1 };
  await using through = new SetupFetch({ targets: [target], admin: target, connections });
  expect((await through.fetch(target)).status).toBe(200);
  zone.address = elsewhere;
  await expect(through.fetch(target)).rejects.toThrow("now resolves to 127.0.0.2");
  expect(visits).toBe(0);
});

it("has every connection of a run look its name up anew", async () => {
  using wire = askingClient(0, { origin, network });
  const before = zone.asked;
  for (let times = 0; times < 3; times++) expect((await wire.ask({ fresh: true })).status).toBe(200);
  expect(zone.asked - before).toBe(3);
});
