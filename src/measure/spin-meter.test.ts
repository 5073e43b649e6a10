import { describe, expect, it } from "vitest";
import { SpinMeter } from "./spin-meter.ts";

describe("a loop that spins", () => {
  it("is idle in turns in which nothing was done", () => {
    const meter = new SpinMeter(0);
    for (let atUs = 2; atUs <= 1_000; atUs += 2) meter.turn(atUs, 0);
    expect(meter.take(1_000)).toBe(0);
  });

  it("is busy in turns in which something was sent or settled", () => {
    const meter = new SpinMeter(0);
    meter.turn(10, 0);
    meter.turn(40, 1);
    meter.turn(45, 1);
    expect(meter.take(100)).toBeCloseTo(0.3);
  });

  it("is busy in a long turn, though nothing came of it", () => {
    const meter = new SpinMeter(0);
    meter.turn(2, 0);
    meter.turn(402, 0);
    expect(meter.take(1_000)).toBeCloseTo(0.4);
  });

  it("begins again with each question, and counts anew from there", () => {
    const meter = new SpinMeter(1_000);
    meter.turn(1_100, 5);
    expect(meter.take(1_200)).toBeCloseTo(0.5);
    for (let atUs = 1_110; atUs <= 2_200; atUs += 10) meter.turn(atUs, 5);
    expect(meter.take(2_200)).toBe(0);
    expect(meter.take(2_200)).toBe(0);
  });
});
