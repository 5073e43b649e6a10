/** A slow target is not the generator's fault, and a starved generator is not the target's. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Folder, start, summaryOf } from "./cli.ts";

let server: Server;
/** Time between two replies: 2 ms make a target of 500/s by construction. */
let replyEveryMs = 2;

beforeEach(async () => {
  let freeAtMs = 0;
  replyEveryMs = 2;
  server = createServer((request, reply) => {
    if (request.url === "/ping") return void reply.end("pong");
    const nowMs = performance.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + replyEveryMs;
    setTimeout(() => reply.end("{}"), freeAtMs - nowMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function scenario(folder: Folder): string {
  return folder.file(
    "capped.ts",
    `import { defineScenario } from "peakproof";
     import { citizens } from "peakproof/generators";
     export default defineScenario({
       name: "capped",
       target: "http://127.0.0.1:${(server.address() as AddressInfo).port}",
       load: { peak: { ratePerSec: 200 }, multiples: [1, 5], hold: "4s", warmup: "0s" },
       connections: { max: 50, deadline: "2s" },
       users: citizens({ pool: 100 }),
       operations: { get: { kind: "read", weight: 1, request: (user) => ({ path: "/" + user.id }) } },
       lanes: { trivial: "/ping" },
       budgets: ["response p95 <= 100ms", "errors <= 1%"],
     });`,
  );
}

it("grades a run valid when a target of 500/s is offered 1,000/s over 50 connections", async () => {
  using folder = new Folder();
  const summary = summaryOf(await start(["run", scenario(folder), "--out", folder.runs, "--json"]).ended);
  expect(summary.validity).toEqual({ grade: "valid", reasons: [] });
  expect(summary.answer).toMatchObject({ holdsMultiple: 1, breaksAt: 5 });
  expect(summary.exitCode).toBe(3);
  const overloaded = summary.steps[1]!;
  expect(overloaded.ok / 4).toBeLessThan(600);
  expect(overloaded.waitUs!.p50!).toBeGreaterThan(100_000);
  expect(overloaded.lagUs!.p50!).toBeLessThan(10_000);
});

it.runIf(existsSync("/usr/bin/taskset"))(
  "does not grade a run valid when the generator shares its one core with busy loops",
  async () => {
    using folder = new Folder();
    replyEveryMs = 0;
    const hogs: ChildProcess[] = Array.from({ length: 6 }, () =>
      spawn("taskset", [
        "--cpu-list",
        "0",
        process.execPath,
        "--eval",
        "const end = Date.now() + 60_000; while (Date.now() < end);",
      ]),
    );
    try {
      const args = ["run", scenario(folder), "--peak", "2000", "--out", folder.runs, "--json"];
      const summary = summaryOf(await start(args, { wrap: ["taskset", "--cpu-list", "0"] }).ended);
      expect(summary.validity.grade).not.toBe("valid");
      expect(summary.validity.reasons.join()).toContain("generator");
    } finally {
      for (const hog of hogs) hog.kill("SIGKILL");
    }
  },
);
