import { expect, it } from "vitest";
import type { SaturationStep } from "../model/saturation.ts";
import { stopReason } from "./stop.ts";

function steps(rates: readonly number[], change: (at: number) => Partial<SaturationStep> = () => ({})): SaturationStep[] {
  return rates.map((ok, at) => ({
    connections: 2 ** at,
    startUs: 0,
    windowUs: 1e6,
    ok,
    rejected: 0,
    failed: 0,
    givenUp: 0,
    errors: {},
    meanUs: null,
    p50Us: null,
    p99Us: null,
    inFlight: 2 ** at,
    slices: [],
    eventLoopShare: 0,
    hostCpuShare: null,
    pingUs: [],
    ...change(at),
  }));
}

it("goes on while throughput rises, and until it was flat for two doublings with a queue long enough to see", () => {
  expect(stopReason(steps([20, 40, 80, 84]))).toBeNull();
  expect(stopReason(steps([20, 40, 80, 84, 85]))).toBe("flat for two doublings");
  expect(stopReason(steps([48, 48, 48]))).toBeNull();
  expect(stopReason(steps([48, 48, 48, 48]))).toBe("flat for two doublings");
});

it("stops at once where errors take over or nothing is answered", () => {
  expect(stopReason(steps([20, 40], (at) => (at === 1 ? { failed: 50 } : {})))).toContain("errors took over");
  expect(stopReason(steps([20, 0]))).toContain("nothing was answered with 2 connections");
});

it("stops at once where a connection was given up, however many others are answered", () => {
  expect(stopReason(steps([20, 40], (at) => (at === 1 ? { failed: 1, givenUp: 1 } : {})))).toContain("1 of 2 connections");
});

it("stops early where what is accepted is flat and most is refused", () => {
  expect(stopReason(steps([100, 100, 100], () => ({ rejected: 400 })))).toContain("most is refused");
  expect(stopReason(steps([100, 200], () => ({ rejected: 4_000 })))).toBeNull();
});
