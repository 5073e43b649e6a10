import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { signals, type ProcessFacts } from "../model/vitals.ts";
import { burn, endChild, endChildren, startChild } from "./child.fixture.ts";
import { ProcessSampler } from "./process-sampler.ts";
import type { Reading } from "./reading.ts";

afterEach(endChildren);

const valueOf = (readings: readonly Reading[], source: string, signal: string): number | undefined =>
  readings.find((reading) => reading.source === source && reading.signal === signal)?.value;

/** A sampler on the real clock, and the facts it told. */
function watch(exactThreadTimes = true): { sampler: ProcessSampler; facts: ProcessFacts[] } {
  const facts: ProcessFacts[] = [];
  const nowUs = (): number => performance.now() * 1_000;
  return { sampler: new ProcessSampler({ exactThreadTimes, nowUs, process: (fact) => facts.push(fact) }), facts };
}

const burner = `process.send("ready"); setImmediate(() => ${burn(2_000)});`;

it("shows one full core on the main thread of a process that burns it", async () => {
  const { pid } = await startChild(burner);
  const { sampler, facts } = watch();
  sampler.sample([pid]);
  let [cpu, wait, whole] = [0, 0, 0];
  // The machine is shared with other tests: what the thread did not get, it waited for. A wait is counted when it ends, thus
  // perhaps in the next window.
  for (let window = 0; window < 4 && cpu + wait < 0.9; window++) {
    await sleep(400);
    const readings = sampler.sample([pid]);
    cpu = valueOf(readings, `thread/${pid}/${pid}`, signals.cpuCores) ?? 0;
    wait = valueOf(readings, `thread/${pid}/${pid}`, signals.runQueueWaitShare) ?? 0;
    whole = valueOf(readings, `process/${pid}`, signals.cpuCores) ?? 0;
  }
  expect(cpu + wait).toBeGreaterThan(0.9);
  expect(cpu).toBeLessThan(1.05);
  expect(Math.abs(whole - cpu)).toBeLessThan(0.15);
  expect(facts.at(-1)).toMatchObject({ pid, threads: { [pid]: expect.stringMatching(/node/i) } });
});

it("comes to the same without schedstat, from ticks", async () => {
  const { pid } = await startChild(burner);
  const [exact, ticks] = [watch().sampler, watch(false).sampler];
  const cpuOf = (sampler: ProcessSampler): number | undefined =>
    valueOf(sampler.sample([pid]), `thread/${pid}/${pid}`, signals.cpuCores);
  [exact, ticks].forEach(cpuOf);
  await sleep(500);
  const [fine, coarse] = [cpuOf(exact), cpuOf(ticks)];
  expect(Math.abs((fine ?? 0) - (coarse ?? 1))).toBeLessThan(0.1);
  expect(ticks.sample([pid]).some(({ signal }) => signal === signals.runQueueWaitShare)).toBe(false);
});

it("tells a busy worker thread from an idle main thread", async () => {
  const worker = `require("node:worker_threads").parentPort.postMessage("up"); ${burn(2_000)}`;
  const { pid } = await startChild(
    `new (require("node:worker_threads").Worker)(${JSON.stringify(worker)}, { eval: true }).on("message", () => process.send("ready"));`,
  );
  const { sampler } = watch();
  sampler.sample([pid]);
  await sleep(500);
  const busiest = sampler.sample([pid]).find(({ source }) => source.startsWith(`thread/${pid}/`));
  expect(busiest?.source).not.toBe(`thread/${pid}/${pid}`);
  expect(busiest?.value).toBeGreaterThan(0.1);
});

it("counts threads, memory and descriptors, and knows how many may be opened", async () => {
  const { pid } = await startChild(
    `const fs = require("node:fs"); globalThis.kept = Array.from({ length: 40 }, () => fs.openSync("/dev/null")); process.send("ready");`,
  );
  const readings = watch().sampler.sample([pid]);
  const value = (signal: string): number => valueOf(readings, `process/${pid}`, signal) ?? 0;
  expect(value(signals.alive)).toBe(1);
  expect(value(signals.threadsCount)).toBeGreaterThan(1);
  expect(value(signals.residentBytes)).toBeGreaterThan(10_000_000);
  expect(value(signals.descriptorsCount)).toBeGreaterThan(40);
  expect(value(signals.descriptorsCount)).toBeLessThan(100);
  expect(value(signals.descriptorsLimit)).toBeGreaterThan(value(signals.descriptorsCount));
});

it("says once that a process has gone", async () => {
  const child = await startChild(`process.send("ready"); setTimeout(() => {}, 9_000);`);
  const { sampler } = watch();
  sampler.sample([child.pid]);
  await endChild(child.process);
  expect(sampler.sample([child.pid])).toEqual([{ source: `process/${child.pid}`, signal: signals.alive, value: 0 }]);
  expect(sampler.sample([child.pid])).toEqual([]);
});

it("goes on with a process that is not asked for any more but still runs", async () => {
  const { pid } = await startChild(`process.send("ready"); setTimeout(() => {}, 9_000);`);
  const { sampler } = watch();
  sampler.sample([pid]);
  expect(valueOf(sampler.sample([]), `process/${pid}`, signals.alive)).toBe(1);
});

it("says nothing of a process that was never there", () => {
  expect(watch().sampler.sample([2 ** 22 + 1])).toEqual([]);
});

it("reads a process whose title holds parentheses", async () => {
  const { pid } = await startChild(`process.title = "a) R 1 (b"; process.send("ready"); setTimeout(() => {}, 9_000);`);
  const { sampler, facts } = watch();
  expect(valueOf(sampler.sample([pid]), `process/${pid}`, signals.alive)).toBe(1);
  expect(facts[0]?.name).toContain("a) R 1 (b");
});
