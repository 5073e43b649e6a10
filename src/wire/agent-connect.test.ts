import { afterEach, expect, it } from "vitest";
import { Agent, request } from "undici";
import { startRawServer } from "../../test/raw-server.ts";
import { certificate, startTlsServer } from "../../test/tls-server.ts";
import { errnoOf } from "../model/fault.ts";
import { plainNetwork, type Network, type TlsPlan } from "../model/plan.ts";
import { adminNetwork, agentConnect } from "./agent-connect.ts";

const agents: Agent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
});

const network = (tls: Partial<TlsPlan>, resolve: Network["resolve"] = {}): Network => ({
  ...plainNetwork,
  resolve,
  tls: { ...plainNetwork.tls, ...tls },
});

const serve = (options = {}) => startTlsServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), options);

/** What an agent of the network is answered: the body, or the error's code. */
async function ask(origin: string, through: Network, headers: Record<string, string> = {}): Promise<string> {
  const agent = new Agent({ connect: agentConnect(origin, through) });
  agents.push(agent);
  try {
    const { body } = await request(origin, { dispatcher: agent, headers });
    return await body.text();
  } catch (thrown) {
    return errnoOf(thrown) ?? String(thrown);
  }
}

it("verifies the certificate by Node's authorities, by the scenario's own, or not at all", async () => {
  await using server = await serve();
  const origin = `https://localhost:${server.port}`;
  expect(await ask(origin, network({}))).toMatch(/CERT|SELF_SIGNED|UNABLE/);
  expect(await ask(origin, network({ ca: certificate("ca") }))).toBe("ok");
  expect(await ask(origin, network({ verify: false }))).toBe("ok");
});

it("goes where resolve says, and expects the certificate of the name", async () => {
  await using server = await serve();
  const resolve = { [`peakproof.test:${server.port}`]: "127.0.0.1", [`other.test:${server.port}`]: "127.0.0.1" };
  expect(await ask(`https://peakproof.test:${server.port}`, network({ ca: certificate("ca") }, resolve))).toBe("ok");
  expect(await ask(`https://other.test:${server.port}`, network({ ca: certificate("ca") }, resolve))).toBe(
    "ERR_TLS_CERT_ALTNAME_INVALID",
  );
});

it("goes where resolve says also where the origin is an address", async () => {
  await using server = await serve();
  const resolve = { [`192.0.2.7:${server.port}`]: "127.0.0.1", [`[2001:db8::7]:${server.port}`]: "127.0.0.1" };
  const named = network({ ca: certificate("ca"), serverName: "localhost" }, resolve);
  expect(await ask(`https://192.0.2.7:${server.port}`, named)).toBe("ok");
  expect(await ask(`https://[2001:db8::7]:${server.port}`, named)).toBe("ok");
  expect(server.secured).toHaveLength(2);

  await using plain = await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const origin = `192.0.2.7:${plain.port}`;
  expect(await ask(`http://${origin}`, network({}, { [origin]: "127.0.0.1" }))).toBe("ok");
});

it("lets the load's server name stand in for an address, and for no other name, where admin is no target", async () => {
  await using server = await serve();
  const connections = network({ ca: certificate("ca"), serverName: "other.test" });
  const askAdmin = (admin: string) => ask(admin, adminNetwork({ admin, targets: ["https://other.test"], connections }));
  expect(await askAdmin(`https://127.0.0.1:${server.port}`)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await askAdmin(`https://localhost:${server.port}`)).toBe("ok");
});

it("expects an admin that is a target to be what the load takes it for", async () => {
  await using server = await serve();
  const admin = `https://other.test:${server.port}`;
  const resolve = { [`other.test:${server.port}`]: "127.0.0.1" };
  const connections = { ...network({ ca: certificate("ca"), serverName: "peakproof.test" }, resolve), host: "other.test" };
  const targets = [admin, "https://b.test"];
  expect(await ask(admin, adminNetwork({ admin, targets, connections }), { host: "other.test" })).toBe("ok");
  expect(await ask(admin, adminNetwork({ admin, targets: ["https://b.test"], connections }))).toBe(
    "ERR_TLS_CERT_ALTNAME_INVALID",
  );
  const [socket] = server.secured as readonly { readonly servername?: unknown }[];
  expect(socket?.servername).toBe("peakproof.test");
});

it("keeps a Host for the targets alone", () => {
  const connections = { ...network({}), host: "health.example" };
  const hostAt = (admin: string) => adminNetwork({ admin, targets: ["http://127.0.0.1:1"], connections }).host;
  expect(hostAt("http://127.0.0.1:1")).toBe("health.example");
  expect(hostAt("http://127.0.0.1:2")).toBeNull();
});

it("shows the client's certificate where one is asked for", async () => {
  await using server = await serve({ requestCert: true, rejectUnauthorized: false });
  const client = { cert: certificate("server"), key: certificate("server-key") };
  expect(await ask(`https://localhost:${server.port}`, network({ ca: certificate("ca"), ...client }))).toBe("ok");
  expect(server.secured[0]?.getPeerCertificate().fingerprint).toBeDefined();
});
