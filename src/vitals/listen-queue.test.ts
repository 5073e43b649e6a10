import { execFileSync } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { signals } from "../model/vitals.ts";
import { endChildren, eventually, startChild } from "./child.fixture.ts";
import { ListenQueueSampler } from "./listen-queue.ts";
import { readLink } from "./proc-files.ts";

afterEach(endChildren);

/** A server with backlog 1 whose thread never accepts, and 12 clients on another thread of the same process, a second later. */
const overflowing = `
  const { Worker } = require("node:worker_threads");
  const net = require("node:net");
  const server = 'const { parentPort } = require("node:worker_threads"); const server = require("node:net").createServer();'
    + 'server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => { parentPort.postMessage(server.address().port);'
    + 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000); });';
  new Worker(server, { eval: true }).on("message", (port) => {
    process.send("ready");
    process.once("message", () => { for (let n = 0; n < 12; n++) net.connect(port, "127.0.0.1").on("error", () => {}); });
  });`;

async function overflowsOf(wrap: readonly string[]): Promise<{ pid: number; overflows: number }> {
  const { pid, process: child } = await startChild(overflowing, wrap);
  const sampler = new ListenQueueSampler();
  expect(sampler.sample([pid])).toEqual([]);
  child.send("connect");
  const overflows = await eventually(
    () => sampler.sample([pid]).find(({ signal, value }) => signal === signals.listenOverflowsCount && value > 0)?.value,
  );
  return { pid, overflows };
}

it("sees a full accept queue turn connections away", async () => {
  expect((await overflowsOf([])).overflows).toBeGreaterThan(0);
});

const canUnshare = ((): boolean => {
  try {
    execFileSync("unshare", ["--net", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

it.runIf(canUnshare)("sees it in the target's own network namespace (needs root)", async () => {
  const { pid } = await overflowsOf(["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]);
  expect(readLink(`/proc/${pid}/ns/net`)).not.toBe(readLink("/proc/self/ns/net"));
});

it("counts a namespace once, however many processes live in it", () => {
  const sampler = new ListenQueueSampler();
  sampler.sample([process.pid, "self"]);
  expect(sampler.sample([process.pid, "self"]).map(({ signal }) => signal)).toEqual([
    signals.listenOverflowsCount,
    signals.listenDropsCount,
  ]);
});

it("says nothing where there is nothing to read", () => {
  const sampler = new ListenQueueSampler();
  sampler.sample([2 ** 22 + 1]);
  expect(sampler.sample([2 ** 22 + 1])).toEqual([]);
});
