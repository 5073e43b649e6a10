import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { endChild, endChildren, eventually, startChild } from "./child.fixture.ts";
import { findTargetProcesses, livingParents, loopbackPort, maxProcesses, withDescendants } from "./target-processes.ts";
import { lookEveryUs, TargetWatch } from "./target-watch.ts";

afterEach(endChildren);

/** Two workers behind one port; the primary replaces the first one that dies. Workers run the same source as their primary. */
const clusterSource = `
  const cluster = require("node:cluster");
  if (cluster.isWorker) {
    process.on("uncaughtException", () => process.exit()); // its primary was ended while it was starting
    require("node:net").createServer().listen(0, "127.0.0.1");
  }
  else {
    // Node run with -e hands its source on to its workers, but fork insists on the name of a module too.
    cluster.setupPrimary({ exec: "worker" });
    const workers = [];
    cluster.on("listening", (worker, { port }) => {
      workers.push(worker.process.pid);
      if (workers.length === 2) process.send({ port, workers });
    });
    cluster.once("exit", () => cluster.fork());
    cluster.fork();
    cluster.fork();
  }`;

interface Cluster {
  readonly pid: number;
  readonly port: number;
  readonly workers: readonly number[];
}

async function startCluster(): Promise<Cluster> {
  const child = await startChild(clusterSource);
  const { port, workers } = child.told as { port: number; workers: number[] };
  return { pid: child.pid, port, workers };
}

const sorted = (pids: Iterable<number>): number[] => [...pids].toSorted((a, b) => a - b);

describe("the processes of a target on this machine", () => {
  it("finds a listening cluster by its port: the primary and its workers", async () => {
    const { pid, port, workers } = await startCluster();
    const { pids, found } = findTargetProcesses({ pids: [], port });
    expect(found).toBe(`listening on port ${port}`);
    expect(sorted(pids)).toEqual(sorted([pid, ...workers]));
  });

  it("takes the processes it is given, with their descendants", async () => {
    const { pid, workers } = await startCluster();
    expect(findTargetProcesses({ pids: [pid] })).toEqual({ pids: [pid, ...sorted(workers)], found: "from --pid" });
  });

  it("follows a worker that is replaced, at the next look", async () => {
    const { pid, port, workers } = await startCluster();
    const watch = new TargetWatch({ pids: [], port });
    expect(watch.pids(0)).toContain(workers[0]);
    process.kill(workers[0] ?? 0, "SIGKILL");
    const replacement = await eventually(() =>
      [...livingParents()].find(([child, parent]) => parent === pid && !workers.includes(child)),
    );
    expect(watch.pids(lookEveryUs - 1)).toContain(workers[0]);
    expect(sorted(watch.pids(lookEveryUs))).toEqual(sorted([pid, workers[1] ?? 0, replacement[0]]));
  });

  it("finds a target again that was started anew on the same port", async () => {
    const serve = (port: number): string =>
      `require("node:net").createServer().listen(${port}, "127.0.0.1", function () { process.send(this.address().port); });`;
    const first = await startChild(serve(0));
    const port = first.told as number;
    const watch = new TargetWatch({ pids: [first.pid], port });
    expect(watch.pids(0)).toEqual([first.pid]);
    await endChild(first.process);
    expect(watch.pids(lookEveryUs)).toEqual([]);
    const second = await startChild(serve(port));
    expect(watch.pids(2 * lookEveryUs)).toEqual([second.pid]);
  });
});

describe("a target that cannot be found", () => {
  it("is never our own process", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(findTargetProcesses({ pids: [], port })).toEqual({
      pids: [],
      found: `not found: port ${port} is held by our own process`,
    });
    expect(findTargetProcesses({ pids: [process.pid] }).found).toMatch(/^not found: .*our own/);
    server.close();
    await once(server, "close");
    expect(findTargetProcesses({ pids: [], port }).found).toMatch(/^not found: nothing listens on port/);
  });

  it("is one on another machine", () => {
    expect(findTargetProcesses({ pids: [] }).found).toMatch(/^not found: the target is on another machine/);
  });

  it("is one whose process has ended; of several, the others are taken", async () => {
    const { pid } = await startChild(`process.send("ready"); setTimeout(() => {}, 9_000);`);
    const gone = 2 ** 22 + 1;
    expect(findTargetProcesses({ pids: [gone] }).found).toMatch(/^not found: no process 4194305 runs here/);
    expect(findTargetProcesses({ pids: [pid, gone] })).toEqual({ pids: [pid], found: "from --pid (not running: 4194305)" });
  });
});

describe("descendants", () => {
  const parents = new Map([
    [10, 1],
    [11, 10],
    [12, 11],
    [20, 1],
    [21, 20],
  ]);

  it("are taken at any depth, and nobody else is", () => {
    expect(withDescendants([10], parents, 99)).toEqual([10, 11, 12]);
  });

  it("are not looked for below our own process", () => {
    expect(withDescendants([10], parents, 11)).toEqual([10]);
    expect(withDescendants([10, 12], parents, 11)).toEqual([10, 12]);
  });

  it("are bounded, and a loop in the table ends", () => {
    expect(
      withDescendants(
        [1],
        new Map([
          [1, 2],
          [2, 1],
        ]),
        99,
      ),
    ).toEqual([1, 2]);
    const many = new Map([[1, 0], ...Array.from({ length: 500 }, (_, at): [number, number] => [at + 2, 1])]);
    expect(withDescendants([1], many, 99)).toHaveLength(maxProcesses);
  });
});

it("knows an address of this machine and its port", () => {
  expect(loopbackPort("http://127.0.0.1:8460")).toBe(8460);
  expect(loopbackPort("http://localhost/x")).toBe(80);
  expect(loopbackPort("https://[::1]")).toBe(443);
  expect(loopbackPort("http://10.0.0.1:8460")).toBeUndefined();
  expect(loopbackPort("nonsense")).toBeUndefined();
});
