import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { Fault } from "../model/fault.ts";
import { probeTarget } from "./reachable.ts";

async function refusal(url: string, timeoutMs: number): Promise<Fault> {
  const thrown: unknown = await probeTarget(url, timeoutMs).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof Fault)) throw new Error(`expected a Fault for ${url}`);
  return thrown;
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
  expect((await refusal("http://no-such-host.invalid", 5_000)).message).toContain("no-such-host.invalid cannot be found");
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
