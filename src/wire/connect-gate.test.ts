import { expect, it } from "vitest";
import { ConnectGate, firstPauseUs, longestPauseUs, patience } from "./connect-gate.ts";

function failTimes(gate: ConnectGate, times: number, nowUs: number): void {
  for (let at = 0; at < times; at++) gate.failed("connect:ECONNREFUSED", nowUs);
}

it("stays open through fewer failures in a row than its patience", () => {
  const gate = new ConnectGate();
  for (let round = 0; round < 10; round++) {
    failTimes(gate, patience - 1, round);
    expect([gate.isOpen(round, 500), gate.shutBy]).toEqual([true, null]);
    gate.succeeded();
  }
});

it("lets one attempt through after each pause, and doubles the pause up to its limit", () => {
  const gate = new ConnectGate();
  failTimes(gate, patience, 0);
  expect(gate.shutBy).toBe("connect:ECONNREFUSED");
  let nowUs = 0;
  for (let pauseUs = firstPauseUs; pauseUs < longestPauseUs * 4; pauseUs *= 2) {
    const waitUs = Math.min(pauseUs, longestPauseUs);
    expect(gate.isOpen(nowUs + waitUs - 1, 0)).toBe(false);
    nowUs += waitUs;
    expect(gate.isOpen(nowUs, 1)).toBe(false);
    expect(gate.isOpen(nowUs, 0)).toBe(true);
    gate.failed("connect:ECONNREFUSED", nowUs);
  }
});

it("does not take a burst that fails together for many rounds", () => {
  const gate = new ConnectGate();
  failTimes(gate, 1_000, 0);
  expect(gate.isOpen(firstPauseUs, 0)).toBe(true);
});

it("opens at the first success and starts over", () => {
  const gate = new ConnectGate();
  failTimes(gate, patience, 0);
  gate.succeeded();
  expect([gate.isOpen(0, 500), gate.shutBy]).toEqual([true, null]);
  failTimes(gate, patience, 5_000);
  expect(gate.isOpen(5_000 + firstPauseUs, 0)).toBe(true);
});
