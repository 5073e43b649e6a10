import { readFileSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { ok, startRawServer } from "../../test/raw-server.ts";
import { block, startThreadServer } from "../../test/thread-server.ts";
import { certificate, startTlsServer } from "../../test/tls-server.ts";
import { plainNetwork, type Network, type TlsPlan } from "../model/plan.ts";
import type { ConnectPhases, TransportOptions } from "./transport.ts";

/** A network that trusts the test authority. */
function network(tls: Partial<TlsPlan> = {}, rest: Partial<Network> = {}): Network {
  return { ...plainNetwork, ...rest, tls: { ...plainNetwork.tls, ca: certificate("ca"), ...tls } };
}

const startServer: typeof startTlsServer = (_answer, options) => startTlsServer((socket) => socket.write(ok), options);
const answer = () => undefined;

interface TlsClientOptions extends Pick<TransportOptions, "connected"> {
  readonly name?: string;
  readonly network?: Network;
}

/** A client that trusts the test authority and reaches `name` on 127.0.0.1. */
function tlsClient(port: number, { name = "localhost", network: given = network(), ...rest }: TlsClientOptions = {}) {
  const resolve = { [`${name}:${port}`]: "127.0.0.1" };
  return askingClient(port, { origin: `https://${name}:${port}`, network: { ...given, resolve }, ...rest });
}

describe("over TLS", () => {
  it("many exchanges go over few connections, from reads larger than a record, too", async () => {
    const body = "0123456789abcdef".repeat(10_000);
    await using server = await startTlsServer((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    using wire = tlsClient(server.port);
    for (let round = 0; round < 10; round++) {
      const asked = await Promise.all([wire.ask({ keepBody: true }), wire.ask()]);
      expect(asked[0].body?.toString() === body).toBe(true);
      expect(asked).toMatchObject([{ status: 200 }, { status: 200, bodyBytes: body.length }]);
    }
    expect(server.secured.length).toBe(2);
  });

  it("a request of any size arrives whole", async () => {
    const body = "健康".repeat(200_000);
    let received = "";
    await using server = await startTlsServer((socket, bytes) => {
      received += bytes;
      if (received.endsWith("end")) socket.write(ok);
    });
    using wire = tlsClient(server.port);
    const request = `POST / HTTP/1.1\r\ncontent-length: ${Buffer.byteLength(body) + 3}\r\n\r\n${body}end`;
    expect(await wire.ask({ request, encoding: "utf8" })).toMatchObject({ status: 200 });
    expect(Buffer.from(received, "latin1").toString("utf8") === request).toBe(true);
  });

  it("connections are reused in whatever phase of the loop requests are sent", async () => {
    await using server = await startThreadServer({ isTls: true });
    using wire = tlsClient(server.port, { connected: () => (opened += 1) });
    let opened = 0;
    const request = "GET /0 HTTP/1.1\r\n\r\n";
    await wire.ask({ request });
    for (let times = 0; times < 10; times++) {
      await new Promise(setImmediate);
      const asking = wire.ask({ request });
      block(10);
      expect(await asking).toMatchObject({ status: 200 });
    }
    expect(opened).toBe(1);
  });

  it("HTTP/1.1 is the only protocol offered, and the name in the origin is asked for", async () => {
    await using server = await startServer(answer, { ALPNProtocols: ["h2", "http/1.1"] });
    using wire = tlsClient(server.port, { name: "peakproof.test" });
    await wire.ask();
    expect(server.secured[0]).toMatchObject({ alpnProtocol: "http/1.1", servername: "peakproof.test" });
  });

  it.each([
    ["tls.serverName", { serverName: "localhost" }, { host: "other.test" }, "localhost"],
    ["the name in host", {}, { host: "localhost:8443" }, "localhost"],
    ["no name for an address", {}, {}, false],
  ])("the server is asked for %s", async (_what, tls, rest, servername) => {
    await using server = await startServer(answer);
    using wire = askingClient(server.port, { origin: `https://127.0.0.1:${server.port}`, network: network(tls, rest) });
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.secured[0]?.servername).toBe(servername);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("later connections resume the session of an earlier one with %s", async (version) => {
    const resumed: boolean[] = [];
    const answer = (socket: TLSSocket): void => {
      resumed.push(socket.isSessionReused());
      socket.write(ok);
    };
    await using server = await startTlsServer(answer, { maxVersion: version });
    using wire = tlsClient(server.port);
    for (let times = 0; times < 3; times++) await wire.ask({ fresh: true });
    expect(resumed).toEqual([false, true, true]);
  });

  it("each connection says how long its TCP and its TLS took", async () => {
    await using server = await startServer(answer);
    const phases: ConnectPhases[] = [];
    const connected = (part: ConnectPhases): number => phases.push(part);
    using wire = askingClient(server.port, { origin: `https://127.0.0.1:${server.port}`, network: network(), connected });
    await wire.ask();
    expect(phases).toMatchObject([{ dnsUs: null, tcpUs: expect.any(Number), tlsUs: expect.any(Number) }]);
  });

  it("a client certificate with an encrypted key is shown to a server that wants one", async () => {
    vi.stubEnv("CLIENT_KEY_PASSPHRASE", "open-sesame");
    await using server = await startServer(answer, { requestCert: true, ca: readFileSync(certificate("ca")) });
    const files = { cert: certificate("client"), key: certificate("client-key"), passphrase: "env:CLIENT_KEY_PASSPHRASE" };
    using wire = tlsClient(server.port, { network: network(files) });
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(server.secured[0]?.getPeerCertificate().subject.CN).toBe("Peakproof test client");
    vi.unstubAllEnvs();
  });
});

describe("a TLS connection that breaks gives", () => {
  it.each([
    ["sent:closed-idle", "ends", (socket: TLSSocket) => socket.end()],
    ["sent:closed-idle", "drops", (socket: TLSSocket) => socket.destroy()],
    ["reading:EOF", "ends in the middle of the reply on", (socket: TLSSocket) => socket.end(ok.slice(0, -1))],
  ])("%s where the server %s a connection that it had kept alive", async (error, _how, close) => {
    let requests = 0;
    await using server = await startTlsServer((socket) => (requests++ === 0 ? socket.write(ok) : close(socket)));
    using wire = tlsClient(server.port);
    expect(await wire.ask()).toMatchObject({ status: 200 });
    expect(await wire.ask()).toMatchObject({ error });
  });

  it("sent:ERR_SSL... where a server with TLS 1.3 wants a client certificate and gets none", async () => {
    await using server = await startServer(answer, { requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" });
    using wire = tlsClient(server.port);
    expect(await wire.ask()).toMatchObject({ error: "sent:ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
  });
});

describe("a TLS handshake that fails gives", () => {
  const expired = { cert: readFileSync(certificate("expired")), key: readFileSync(certificate("expired-key")) };

  it.each([
    ["tls:CERT_HAS_EXPIRED", {}, expired, "localhost"],
    ["tls:UNABLE_TO_VERIFY_LEAF_SIGNATURE", { ca: null }, {}, "localhost"],
    ["tls:ERR_TLS_CERT_ALTNAME_INVALID", {}, {}, "else.test"],
    ["tls:ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", {}, { ALPNProtocols: ["h2"] }, "localhost"],
  ])("%s", async (error, tls, options, name) => {
    await using server = await startServer(answer, options);
    using wire = tlsClient(server.port, { name, network: network(tls) });
    for (let times = 0; times < 2; times++) expect(await wire.ask()).toMatchObject({ error, sentUs: 0 });
    expect(wire.client).toMatchObject({ connecting: 0, open: 0 });
  });

  it.each([
    ["tls:ERR_SSL_WRONG_VERSION_NUMBER", "speaks plain HTTP", () => ok],
    ["tls:EOF", "closes at once", () => null],
  ])("%s where the server %s", async (error, _what, reply) => {
    await using server = await startRawServer((socket) => {
      const text = reply();
      if (text === null) socket.end();
      else socket.write(text);
    });
    using wire = tlsClient(server.port);
    expect(await wire.ask()).toMatchObject({ error });
  });

  it("timeout:tls where the server says nothing", async () => {
    await using server = await startRawServer(() => undefined);
    using wire = tlsClient(server.port);
    expect(await wire.ask({ deadlineUs: wire.now() + 50_000 })).toMatchObject({ error: "timeout:tls", sentUs: 0 });
    expect(wire.client).toMatchObject({ connecting: 0, waiting: 0 });
  });

  it("connect:ECONNREFUSED where TCP already did", async () => {
    const server = await startRawServer(() => undefined);
    await server.close();
    using wire = tlsClient(server.port);
    expect(await wire.ask()).toMatchObject({ error: "connect:ECONNREFUSED" });
  });

  it("no more of them than the gate lets through", async () => {
    await using server = await startServer(answer, expired);
    let handshakes = 0;
    const wire = tlsClient(server.port);
    const asked = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const { error } = await wire.ask();
        handshakes += 1;
        return error;
      }),
    );
    wire[Symbol.dispose]();
    expect(new Set(asked)).toEqual(new Set(["tls:CERT_HAS_EXPIRED"]));
    expect(handshakes).toBe(500);
    expect(server.secured.length).toBeLessThan(150);
  });
});

it("goes ahead with an invalid certificate where it is told not to verify", async () => {
  const expired = { cert: readFileSync(certificate("expired")), key: readFileSync(certificate("expired-key")) };
  await using server = await startServer(answer, expired);
  using wire = tlsClient(server.port, { name: "else.test", network: network({ verify: false, ca: null }) });
  expect(await wire.ask()).toMatchObject({ status: 200 });
  expect(await wire.ask({ fresh: true })).toMatchObject({ status: 200 });
});
