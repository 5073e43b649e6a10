/** What must stop a run stops it, at once, with its own exit code, and what it wrote is still removed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startService } from "../service/index.ts";
import type { RunEvent } from "../src/model/events.ts";
import { Lease } from "../src/safety/lease.ts";
import { scenarioOf } from "../src/scenario/loaded-scenario.fixture.ts";
import { makePlan } from "../src/scenario/plan.ts";
import { Folder, peakproof, start, summaryOf, until } from "./cli.ts";
import { rejectedFault } from "./fault-of.ts";

/** A target that can be told how to behave, and that remembers when it was asked for what. */
let server: Server;
let port: number;
let arrivals: number[] = [];
let sweeps = 0;
let leaseHeaders: IncomingHttpHeaders = {};
let lease: { readonly status: number; readonly calls: string[] } = { status: 200, calls: [] };
let behaviour: { status: number; metric: number; bytes: number } = { status: 200, metric: 0, bytes: 2 };
beforeAll(async () => {
  server = createServer((request, reply) => {
    request.resume();
    const run = /^\/synthetic\/([^?]+)/.exec(request.url ?? "")?.[1];
    if (run !== undefined) {
      if (request.method === "DELETE") sweeps += 1;
      const state = { rows: { store: sweeps }, untagged: { count: 0, checksum: "0" }, tombstoned: true, deleted: 1 };
      return void reply.end(JSON.stringify({ run, ...state }));
    }
    if (request.url === "/lease") {
      lease.calls.push(request.method ?? "");
      leaseHeaders = request.headers;
      return void reply.writeHead(lease.status).end('{"holder":"ada","since":"noon"}');
    }
    if (request.url === "/metrics") return void reply.end(`queue_depth{queue="a"} ${behaviour.metric}\n`);
    arrivals.push(performance.now());
    reply.writeHead(behaviour.status).end("x".repeat(behaviour.bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  arrivals = [];
  sweeps = 0;
  behaviour = { status: 200, metric: 0, bytes: 2 };
});

/** A scenario of reads at 100/s for half a minute. */
function scenarioIn(folder: Folder, safety: string, rest = ""): string {
  return folder.file(
    "s.mjs",
    `export default {
      name: "s", target: "http://127.0.0.1:${port}",
      load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "30s", warmup: "0s" },
      users: { name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) },
      operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
      safety: ${safety}, ${rest}
    };`,
  );
}

const eventsOf = (folder: Folder): RunEvent[] =>
  readFileSync(join(folder.run, "events.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunEvent);

describe("an abort rule", () => {
  it("stops the load within 3 s of its full window, keeps the record and gives exit 6", async () => {
    using folder = new Folder();
    const { ended } = start([
      "run",
      scenarioIn(folder, '{ abort: ["get errors > 50% for 2s"] }'),
      "--out",
      folder.runs,
      "--json",
    ]);
    await until(() => arrivals.length > 150);
    behaviour = { ...behaviour, status: 500 };
    const brokenMs = performance.now();
    const all = await ended;
    expect(Math.max(...arrivals) - brokenMs).toBeLessThan(2_000 + 3_000);
    expect(all.code).toBe(6);
    expect(summaryOf(all).exitReasons[0]).toContain('"get errors > 50% for 2s"');
    expect(folder.runFile.ended).toMatchObject({ how: "aborted", fault: "safety" });
    expect(eventsOf(folder).filter(({ event }) => event === "abort")).toHaveLength(1);
  });

  it("on a metric of the target goes by the scraped page", async () => {
    using folder = new Folder();
    const rules = '{ abort: ["metric queue_depth > 100 for 2s", "metric nowhere > 1 for 2s"] }';
    const path = scenarioIn(folder, rules, 'observe: { prometheus: "/metrics" }');
    const { ended } = start(["run", path, "--out", folder.runs]);
    await until(() => folder.hasBegun(0) && arrivals.length > 500);
    behaviour = { ...behaviour, metric: 101 };
    const brokenMs = performance.now();
    const { code, stderr } = await ended;
    expect(Math.max(...arrivals) - brokenMs).toBeLessThan(2_000 + 3_000);
    expect(stderr).toContain("queue_depth is 101");
    expect(code).toBe(6);
    const warnings = eventsOf(folder).flatMap((event) => (event.event === "warning" ? [event.text] : []));
    expect(warnings).toContainEqual(
      expect.stringContaining('"metric nowhere > 1 for 2s" of safety.abort watches a metric that is not'),
    );
  });

  it("that cannot be read is refused before anything is sent", async () => {
    using folder = new Folder();
    const { code, stderr } = await peakproof(
      "run",
      scenarioIn(folder, '{ abort: ["gte errors > 1% for 5s", "lane p99 > 1s for 5s"] }'),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/gte, which is no operation.*needs lanes/s);
    expect(arrivals).toEqual([]);
  });
});

describe("a ceiling of the scenario", () => {
  it("of bytes stops a run that goes over it", async () => {
    using folder = new Folder();
    behaviour = { ...behaviour, bytes: 10_000 };
    const path = scenarioIn(folder, "{ ceilings: { bytes: 1_000_000 } }");
    const { code, stderr } = await peakproof("run", path, "--out", folder.runs);
    expect(stderr).toMatch(/the run moved [\d,]+ bytes, at most 1,000,000/);
    expect(code).toBe(6);
    expect(arrivals.length).toBeGreaterThan(90);
    expect(arrivals.length).toBeLessThan(500);
  });

  it("of requests refuses a flag that asks for more", async () => {
    using folder = new Folder();
    const path = scenarioIn(folder, '{ ceilings: { requests: 4_000, duration: "1m", ratePerSec: 150 } }');
    const { code, stderr } = await peakproof("run", path, "--hold", "2m", "--peak", "200");
    expect(code).toBe(6);
    expect(stderr).toMatch(/ratePerSec 200\/s, at most 150\/s; requests [\d,]+, at most 4,000; duration 2 m 0 s, at most 60 s/);
    expect(arrivals).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  it("a second time stops the cleanup, too, and says how to finish it", async () => {
    using folder = new Folder();
    const cleanup = '{ http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN", settle: "60s" } }';
    const put = 'put: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/", body: "{}" }) }';
    const path = scenarioIn(folder, "{ abort: [] }", `cleanup: ${cleanup}, operations: { ${put} }`);
    const { child, ended } = start(["run", path, "--out", folder.runs], { env: { PEAKPROOF_TOKEN: "a-token-of-the-test" } });
    await until(() => arrivals.length > 50);
    child.kill("SIGINT");
    await until(() => sweeps > 0);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(4);
    expect(stderr).toContain("Once more stops the cleanup too");
    expect(stdout.replace(/\s+/g, " ")).toContain(`to finish it: peakproof cleanup ${folder.run}`);
  });
});

describe("one lease per target", () => {
  it("refuses a second run of it, and says how to end the first, and a run that was killed holds nobody back", async () => {
    using folder = new Folder();
    const path = scenarioIn(folder, "{ abort: [] }");
    const first = start(["run", path, "--out", folder.runs]);
    await until(() => folder.hasBegun(0));
    const second = await peakproof("run", path, "--out", join(folder.path, "others"));
    expect(second.code).toBe(6);
    expect(second.stderr).toMatch(new RegExp(`is being tested already: by .+ \\(process ${first.child.pid}\\)`));
    expect(second.stderr).toContain(`kill -INT ${first.child.pid}`);
    first.child.kill("SIGKILL");
    await first.ended;
    const third = await peakproof("run", path, "--hold", "1s", "--out", join(folder.path, "third"));
    expect(third.stderr).not.toContain("tested already");
  });
});

describe("a lease that is kept on the admin address", () => {
  it("is asked for with the token of the admin address, and under the scenario's own names of the tag", async () => {
    using folder = new Folder();
    const cleanup = '{ http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" } }';
    const path = scenarioIn(folder, '{ abort: [], lease: "/lease" }', `tags: { run: "x-run" }, cleanup: ${cleanup}`);
    lease = { status: 409, calls: [] };
    const { code } = await start(["run", path, "--out", folder.runs], { env: { PEAKPROOF_TOKEN: "a-token-of-the-test" } }).ended;
    expect(code).toBe(6);
    expect(leaseHeaders).toMatchObject({ authorization: "Bearer a-token-of-the-test", "x-run": "lease" });
  });

  it("ends a closed loop, too, when somebody else takes it", async () => {
    using folder = new Folder();
    lease = { status: 200, calls: [] };
    const path = scenarioIn(folder, '{ abort: [], lease: "/lease" }');
    const { ended } = start(["saturate", path, "--out", folder.runs, "--hold", "20s"]);
    await until(() => arrivals.length > 50);
    lease = { ...lease, status: 409 };
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(6);
    expect(stderr).toContain("by ada since noon");
    expect(lease.calls.at(-1)).toBe("DELETE");
  });

  it("refuses the run where somebody else has it, and is given back after one", async () => {
    using folder = new Folder();
    const path = scenarioIn(folder, '{ abort: [], lease: "/lease" }');
    lease = { status: 409, calls: [] };
    const refused = await peakproof("run", path, "--out", folder.runs);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain("the target is being tested already: by ada since noon");
    expect(arrivals).toEqual([]);
    lease = { status: 200, calls: [] };
    await peakproof("run", path, "--hold", "1s", "--out", folder.runs);
    expect(lease.calls).toEqual(["PUT", "DELETE"]);
  });

  it("stops the load when somebody else takes it", async () => {
    using folder = new Folder();
    lease = { status: 200, calls: [] };
    const path = scenarioIn(folder, '{ abort: [], lease: "/lease" }');
    const { ended } = start(["run", path, "--out", folder.runs]);
    await until(() => arrivals.length > 50);
    lease = { ...lease, status: 409 };
    const { code, stderr } = await ended;
    expect(code).toBe(6);
    expect(stderr).toContain("by ada since noon");
    expect(folder.runFile.ended).toMatchObject({ how: "aborted", fault: "safety" });
    expect(eventsOf(folder).filter(({ event }) => event === "abort")).toHaveLength(1);
  });
});

describe("the lease of the reference service", () => {
  it("is taken, kept up, told to others, and given back", async () => {
    const service = await startService({ port: 0, adminPort: 0, signBits: 1_024 });
    using folder = new Folder();
    try {
      const plan = makePlan(scenarioOf({ target: service.url, admin: service.adminUrl, safety: { lease: "/lease" } }), {});
      const take = (at: string): Promise<Lease> => Lease.take({ plan, headers: {}, folder: join(folder.path, at), ttlMs: 300 });
      const held = await take("here");
      // Another machine has other files; and this one's process would be the same holder.
      const asked = (method: string): Promise<Response> =>
        fetch(`${service.adminUrl}/lease`, {
          method,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ holder: "ada on build-7", ...(method === "PUT" ? { ttlMs: 60_000 } : {}) }),
        });
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(held.lost.aborted).toBe(false);
      const refused = await asked("PUT");
      expect([refused.status, await refused.json()]).toMatchObject([409, { holder: expect.stringContaining(`${process.pid}`) }]);
      await held[Symbol.asyncDispose]();
      expect((await asked("PUT")).status).toBe(200);
      const fault = await rejectedFault(take("there"));
      expect(fault.message).toMatch(/^the target is being tested already: by ada on build-7 since \d{4}-/);
      expect((await asked("DELETE")).status).toBe(204);
      await using again = await take("there");
      expect(again.lost.aborted).toBe(false);
    } finally {
      await service.stop();
    }
  });
});

describe("a host that looks like production", () => {
  const named = (folder: Folder, ...flags: string[]) => {
    const resolve = `www.health.example:${port}:127.0.0.1`;
    const target = ["--target", `http://www.health.example:${port}`, "--admin", `http://127.0.0.1:${port}`, "--resolve", resolve];
    return peakproof("run", scenarioIn(folder, "{}"), ...target, "--hold", "1s", "--out", folder.runs, ...flags);
  };

  it("is not loaded without its name being typed, and nothing is sent; --plan needs none", async () => {
    using folder = new Folder();
    const { code, stderr } = await named(folder);
    expect(code).toBe(2);
    expect(stderr).toContain("add --confirm www.health.example");
    expect((await named(folder, "--plan")).code).toBe(0);
    expect(arrivals).toEqual([]);
  });

  it("is, with it", async () => {
    using folder = new Folder();
    const { stderr } = await named(folder, "--confirm", "WWW.health.example");
    expect(stderr).not.toContain("--confirm");
    expect(arrivals.length).toBeGreaterThan(50);
  });
});

describe("a generator that is stopped (SIGSTOP)", () => {
  it("sends nothing, and goes on afterwards: no thread holds the pause against its coordinator", async () => {
    using folder = new Folder();
    const path = scenarioIn(folder, "{ abort: [] }");
    const { child, ended } = start(["run", path, "--hold", "7s", "--out", folder.runs]);
    await until(() => arrivals.length > 50);
    child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = arrivals.length;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(arrivals.length).toBe(stopped);
    spawn("kill", ["-CONT", String(child.pid)]);
    await ended;
    expect(folder.runFile.ended).toMatchObject({ how: "finished" });
  });
});
