import { describe, expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { ok, refusedPort, startRawServer } from "../../test/raw-server.ts";
import { plainNetwork, type Network } from "../model/plan.ts";
import { endpointFor } from "./endpoint.ts";
import type { ConnectPhases } from "./transport.ts";

const at = (origin: string, network: Partial<Network> = {}) => endpointFor(origin, { ...plainNetwork, ...network });

describe("an origin is found", () => {
  it.each([
    ["http://health.example", { isTls: false, host: "health.example", port: 80 }],
    ["https://health.example", { isTls: true, host: "health.example", port: 443 }],
    ["https://Health.example:8443/", { isTls: true, host: "health.example", port: 8_443 }],
    ["http://[::1]:8460", { isTls: false, host: "::1", port: 8_460, identity: "::1" }],
  ])("%s", (origin, endpoint) => {
    expect(at(origin)).toMatchObject(endpoint);
  });

  it("at the address that resolve gives for this name and port, and goes by its own name", () => {
    const resolve = { "health.example:443": "10.0.0.5", "health.example:80": "10.0.0.6", "[::1]:80": "::2" };
    expect(at("https://health.example", { resolve })).toMatchObject({ host: "10.0.0.5", identity: "health.example" });
    expect(at("http://health.example", { resolve }).host).toBe("10.0.0.6");
    expect(at("http://health.example:81", { resolve }).host).toBe("health.example");
    expect(at("http://[::1]", { resolve }).host).toBe("::2");
  });

  it.each([
    ["sni.example", { host: "host.example:8443", tls: { ...plainNetwork.tls, serverName: "sni.example" } }],
    ["host.example", { host: "host.example:8443" }],
    ["::1", { host: "[::1]:8443" }],
    ["health.example", {}],
  ])("under the name %s", (identity, network) => {
    expect(at("https://health.example", network).identity).toBe(identity);
  });
});

describe("a connection", () => {
  it("goes to the resolved address, from the source addresses in turn", async () => {
    const from: (string | undefined)[] = [];
    await using server = await startRawServer((socket) => {
      from.push(socket.remoteAddress);
      socket.write(ok);
    });
    const resolve = { [`target.test:${server.port}`]: "127.0.0.1" };
    const network = { ...plainNetwork, resolve, sourceAddresses: ["127.0.0.2", "127.0.0.3"] };
    using wire = askingClient(server.port, { origin: `http://target.test:${server.port}`, network });
    for (let times = 0; times < 3; times++) expect(await wire.ask({ fresh: true })).toMatchObject({ status: 200 });
    expect(from).toEqual(["127.0.0.2", "127.0.0.3", "127.0.0.2"]);
  });

  it("says how long the lookup took where there was one", async () => {
    await using server = await startRawServer((socket) => socket.write(ok));
    const phases: ConnectPhases[] = [];
    const connected = (part: ConnectPhases): number => phases.push(part);
    using named = askingClient(server.port, { origin: `http://localhost:${server.port}`, connected });
    using numbered = askingClient(server.port, { connected });
    await named.ask();
    await numbered.ask();
    expect(phases).toMatchObject([
      { dnsUs: expect.any(Number), tcpUs: expect.any(Number), tlsUs: null },
      { dnsUs: null, tcpUs: expect.any(Number), tlsUs: null },
    ]);
  });

  it("gives the first address's error where none of a name's addresses takes it", async () => {
    const port = await refusedPort();
    using wire = askingClient(port, { origin: `http://localhost:${port}` });
    expect(await wire.ask()).toMatchObject({ error: "connect:ECONNREFUSED" });
  });

  it.each([
    [/^connect:(ENOTFOUND|EAI_AGAIN)$/, { origin: "http://nowhere.invalid:80" }],
    [/^connect:EADDRNOTAVAIL$/, { network: { ...plainNetwork, sourceAddresses: ["192.0.2.1"] } }],
  ])("gives %s where it cannot be made", async (error, options) => {
    using wire = askingClient(80, options);
    expect(await wire.ask()).toMatchObject({ error: expect.stringMatching(error), sentUs: 0 });
  });
});
