import { afterEach, expect, it } from "vitest";
import { Agent, request } from "undici";
import { certificate, startTlsServer } from "../../test/tls-server.ts";
import { errnoOf } from "../model/fault.ts";
import { plainNetwork, type Network, type TlsPlan } from "../model/plan.ts";
import { agentConnect } from "./agent-connect.ts";

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
async function ask(origin: string, through: Network): Promise<string> {
  const agent = new Agent({ connect: agentConnect(origin, through), allowH2: false });
  agents.push(agent);
  try {
    const { body } = await request(origin, { dispatcher: agent });
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

it("lets the load's server name stand in for an address, and for no other name", async () => {
  await using server = await serve();
  const named = network({ ca: certificate("ca"), serverName: "other.test" });
  expect(await ask(`https://127.0.0.1:${server.port}`, named)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await ask(`https://localhost:${server.port}`, named)).toBe("ok");
});

it("shows the client's certificate where one is asked for", async () => {
  await using server = await serve({ requestCert: true, rejectUnauthorized: false });
  const client = { cert: certificate("server"), key: certificate("server-key") };
  expect(await ask(`https://localhost:${server.port}`, network({ ca: certificate("ca"), ...client }))).toBe("ok");
  expect(server.secured[0]?.getPeerCertificate().fingerprint).toBeDefined();
});
