import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { monotonicUs } from "../measure/clock.ts";
import type { RunPlan } from "../model/plan.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Team } from "./team.ts";

let dir: string;
let heart: Heartbeat;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-team-"));
  heart = new Heartbeat();
});
afterEach(() => {
  heart[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

async function planOf(operation: string): Promise<RunPlan> {
  const path = join(dir, "s.mjs");
  const users = `{ name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) }`;
  const load = `{ peak: { ratePerSec: 50 }, multiples: [1], hold: "1s", warmup: "0s" }`;
  writeFileSync(
    path,
    `export default { name: "s", target: "http://127.0.0.1:9", load: ${load}, users: ${users}, operations: { get: ${operation} } };`,
  );
  return makePlan(await loadScenario(path));
}

function teamOf(plan: RunPlan): Team {
  const journalPath = join(dir, "journal-0.ndjson");
  const input = {
    plan,
    runId: "run",
    worker: 0,
    startedUs: monotonicUs(),
    journalPath,
    setup: undefined,
    perOperation: {},
    heartbeat: heart.memory,
  };
  return new Team([input], () => undefined);
}

it("fails with the scenario's own fault when a request cannot be made, and can still be stopped and closed", async () => {
  const team = teamOf(await planOf(`{ kind: "read", weight: 1, request: () => ({ path: "no slash\\n" }) }`));
  await team.ready();
  await expect(team.step(0, 100_000, 5_000)).rejects.toThrow('request() of "get" failed for user');
  await team.stop().catch(() => undefined);
  await team.close();
});

it("closes at once when its threads are dead, instead of waiting for words that cannot come", async () => {
  const team = teamOf(await planOf(`{ kind: "read", weight: 1, request: () => process.exit(3) }`));
  await team.ready();
  await expect(team.step(0, 100_000, 5_000)).rejects.toThrow("load thread 0 ended with code 3");
  const beganMs = performance.now();
  await team.stop().catch(() => undefined);
  await team.close();
  expect(performance.now() - beganMs).toBeLessThan(5_000);
});
