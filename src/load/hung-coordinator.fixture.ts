/** A thread that steers a load thread, and then hangs for good while that sends on. */
import { parentPort, workerData } from "node:worker_threads";
import { monotonicUs } from "../measure/clock.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Team } from "./team.ts";

const { path, journalPath, hangMs } = workerData as {
  readonly path: string;
  readonly journalPath: string;
  readonly hangMs: number;
};
const plan = makePlan(await loadScenario(path));
const heart = new Heartbeat();
const startedUs = monotonicUs();
const team = new Team(
  [{ plan, runId: "run", worker: 0, startedUs, journalPath, setup: undefined, perOperation: {}, heartbeat: heart.memory }],
  () => undefined,
);
await team.ready();
const held = team.step(0, monotonicUs() - startedUs + 100_000, 60_000);
await new Promise((resolve) => setTimeout(resolve, 1_000));
parentPort?.postMessage("hangs");
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs);
await held.catch((fault: unknown) => parentPort?.postMessage(String(fault)));
await team.stop().catch(() => undefined);
await team.close();
heart[Symbol.dispose]();
