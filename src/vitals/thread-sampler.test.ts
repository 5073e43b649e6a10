import { expect, it } from "vitest";
import { hottest, maxThreadSeries, threadLoad, type ThreadLoad } from "./thread-sampler.ts";

const second = 1_000_000;

it("divides by the time that really passed between two samples", () => {
  const load = threadLoad(7, { cpuUs: 100, waitUs: 50 }, { cpuUs: 100 + 600_000, waitUs: 50 + 300_000 }, 1.2 * second);
  expect(load).toEqual({ tid: 7, cpuCores: 0.5, waitShare: 0.25 });
});

it("counts a new thread from zero, and one whose id was given away too", () => {
  expect(threadLoad(7, undefined, { cpuUs: 250_000, waitUs: 0 }, second).cpuCores).toBe(0.25);
  expect(threadLoad(7, { cpuUs: 900_000, waitUs: 9 }, { cpuUs: 250_000, waitUs: 0 }, second).cpuCores).toBe(0.25);
});

it("says nothing of the wait where the kernel does not count it", () => {
  expect(threadLoad(7, { cpuUs: 0, waitUs: null }, { cpuUs: 10, waitUs: null }, second).waitShare).toBeNull();
});

const load = (tid: number, cpuCores: number, waitShare: number | null = 0): ThreadLoad => ({ tid, cpuCores, waitShare });

it("gives the busiest first, waiting threads among them, idle ones not at all", () => {
  const loads = [load(1, 0.1), load(2, 0.001, 0.001), load(3, 0.01, 0.9), load(4, 0.3, null)];
  expect(hottest(loads, new Set()).map(({ tid }) => tid)).toEqual([3, 4, 1]);
});

it("keeps a thread that was busy before, so that it can be seen to stop", () => {
  expect(hottest([load(1, 0), load(2, 0)], new Set([2])).map(({ tid }) => tid)).toEqual([2]);
});

it("gives a bounded number of threads", () => {
  const loads = Array.from({ length: 300 }, (_, tid) => load(tid, tid / 300));
  expect(hottest(loads, new Set()).map(({ tid }) => tid)).toEqual(Array.from({ length: maxThreadSeries }, (_, at) => 299 - at));
});
