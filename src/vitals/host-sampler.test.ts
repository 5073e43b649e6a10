import { cpus } from "node:os";
import { expect, it } from "vitest";
import { signals } from "../model/vitals.ts";
import { HostSampler } from "./host-sampler.ts";

it("gives busy and stolen shares of the host and of each core, after the first sample", () => {
  const sampler = new HostSampler(() => performance.now() * 1_000);
  expect(sampler.sample()).toEqual([]);
  const end = performance.now() + 300;
  while (performance.now() < end);
  const readings = sampler.sample();
  const busy = readings.filter(({ signal }) => signal === signals.busyShare);
  expect(new Set(busy.map(({ source }) => source))).toEqual(new Set(["host", ...cpus().map((_, core) => `host/core-${core}`)]));
  expect(readings.every(({ value }) => value >= 0 && value <= 1)).toBe(true);
  // One core's worth of work was done, less what others and the hypervisor took.
  const host = (signal: string): number => readings.find((each) => each.source === "host" && each.signal === signal)?.value ?? 0;
  expect(host(signals.busyShare) + host(signals.stealShare)).toBeGreaterThan(0.7 / cpus().length);
});
