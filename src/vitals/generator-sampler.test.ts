import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { signals } from "../model/vitals.ts";
import { burn } from "./child.fixture.ts";
import { GeneratorSampler } from "./generator-sampler.ts";
import { threadIdOf } from "./proc-files.ts";
import type { Reading } from "./reading.ts";

it("tells a busy load worker from the main thread by the id that the worker found", async () => {
  const procFiles = new URL("./proc-files.ts", import.meta.url).href;
  const source = `import(${JSON.stringify(procFiles)}).then(({ threadIdOf }) => {
    require("node:worker_threads").parentPort.postMessage(threadIdOf()); ${burn(3_000)} });`;
  const worker = new Worker(source, { eval: true });
  const [tid] = (await once(worker, "message")) as [number];
  const main = threadIdOf() ?? 0;
  const sampler = new GeneratorSampler({
    exactThreadTimes: true,
    nowUs: () => performance.now() * 1_000,
    threads: () =>
      new Map([
        ["main", main],
        ["worker-0", tid],
      ]),
  });
  expect(sampler.sample().map(({ signal }) => signal)).not.toContain(signals.cpuCores);
  let readings: Reading[] = [];
  const value = (source: string, signal: string): number =>
    readings.find((reading) => reading.source === source && reading.signal === signal)?.value ?? 0;
  const busy = (): number =>
    value("generator/worker-0", signals.cpuCores) + value("generator/worker-0", signals.runQueueWaitShare);
  // What the thread did not get it waited for, but a wait is counted when it ends: perhaps in the next window.
  for (let window = 0; window < 4 && busy() < 0.9; window++) {
    await sleep(400);
    readings = sampler.sample();
  }
  await worker.terminate();
  expect(busy()).toBeGreaterThan(0.9);
  expect(value("generator/main", signals.cpuCores)).toBeLessThan(0.5);
  expect(value("generator", signals.cpuCores)).toBeGreaterThan(value("generator/worker-0", signals.cpuCores) - 0.1);
  expect(value("generator", signals.descriptorsCount)).toBeGreaterThan(0);
});

it("leaves out a thread that has ended", () => {
  const sampler = new GeneratorSampler({
    exactThreadTimes: true,
    nowUs: () => performance.now() * 1_000,
    threads: () => new Map([["worker-0", 2 ** 22 + 1]]),
  });
  sampler.sample();
  expect(sampler.sample().filter(({ source }) => source === "generator/worker-0")).toEqual([]);
});
