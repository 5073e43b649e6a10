import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import type { Fault } from "../model/fault.ts";
import { probeTargets } from "./reachable.ts";

/** Probes a run with one target. */
async function probeTarget(url: string, timeoutMs: number, changes: object = {}): Promise<void> {
  const connections = { proxy: null, resolve: {}, sourceAddresses: [], ...changes };
  await probeTargets({ targets: [url], admin: url, connections }, timeoutMs);
}

async function refusal(url: string, timeoutMs: number, changes: object = {}): Promise<Fault> {
  return rejectedFault(probeTarget(url, timeoutMs, changes));
}

it("is content with an open port, and sends it nothing", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const received = once(server, "connection").then(([socket]) => socket.on("data", () => expect.unreachable()));
  const { port } = server.address() as AddressInfo;
  await expect(probeTarget(`http://127.0.0.1:${port}/path`, 2_000)).resolves.toBeUndefined();
  await received;
  await new Promise((resolve) => server.close(resolve));
});

it("says that nothing listens on a closed port", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const fault = await refusal(`http://localhost:${port}`, 2_000);
  expect(fault.kind).toBe("unreachable");
  expect(fault.message).toBe(`localhost:${port} refused the connection: nothing listens on that port`);
  expect(fault.detail.fix).toContain(String(port));
});

it("says that a name does not resolve", async () => {
  expect((await refusal("http://no-such-host.invalid", 5_000)).message).toContain("no-such-host.invalid:80 cannot be found");
});

/** Listens with an accept queue of one and then blocks its thread, so that the kernel answers two connections and no third. */
const deafListener = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000));
  });
`;

it("gives up after the given time on a port whose connections are never taken", async () => {
  const worker = new Worker(deafListener, { eval: true });
  const [port]: number[] = await once(worker, "message");
  const fillers = Array.from({ length: 4 }, () => connect({ port: port ?? 0, host: "127.0.0.1" }).on("error", () => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const fault = await refusal(`http://127.0.0.1:${port}`, 200);
  expect(fault.message).toContain("did not answer within 200 ms");
  expect(fault.detail.fix).toContain("firewall");
  for (const socket of fillers) socket.destroy();
  await worker.terminate();
});

describe("what stands between", () => {
  async function listening(): Promise<{ port: number; from: string[]; close: () => Promise<void> }> {
    const from: string[] = [];
    const server = createServer((socket) => from.push(socket.remoteAddress ?? ""));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { port, from, close: async () => new Promise((resolve) => server.close(() => resolve())) };
  }

  it("is an address that a name is given", async () => {
    const { port, from, close } = await listening();
    await probeTarget(`https://nowhere.test:${port}`, 2_000, { resolve: { [`nowhere.test:${port}`]: "127.0.0.1" } });
    await expect.poll(() => from).toEqual(["127.0.0.1"]);
    await close();
    const fault = await refusal(`https://nowhere.test:${port}`, 2_000, { resolve: { [`nowhere.test:${port}`]: "127.0.0.1" } });
    expect(fault.message).toBe(`nowhere.test:${port} at 127.0.0.1 refused the connection: nothing listens on that port`);
  });

  it("is a proxy, which is tried instead of the target", async () => {
    const { port, from, close } = await listening();
    await probeTarget("http://nowhere.test", 2_000, { proxy: `http://127.0.0.1:${port}` });
    await expect.poll(() => from).toHaveLength(1);
    await close();
  });

  it("is each source address, and one that is not this machine's is named", async () => {
    const { port, from, close } = await listening();
    await probeTarget(`http://127.0.0.1:${port}`, 2_000, { sourceAddresses: ["127.0.0.2", "127.0.0.3"] });
    await expect.poll(() => from.toSorted()).toEqual(["127.0.0.2", "127.0.0.3"]);
    const fault = await refusal(`http://127.0.0.1:${port}`, 2_000, { sourceAddresses: ["192.0.2.7"] });
    await close();
    expect(fault.message).toContain("cannot be reached from 192.0.2.7, which is no address of this machine");
  });
});
