import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeadManSwitch, Heartbeat } from "./heartbeat.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Looks each 10 ms and gives the instant, in milliseconds, at which the switch is released; null: not within the time. */
function releasedAt(held: DeadManSwitch, fromMs: number, toMs: number, beats: boolean): number | null {
  for (let ms = fromMs; ms <= toMs; ms += 10) {
    if (beats) vi.advanceTimersByTime(10);
    if (held.isReleased(ms * 1_000)) return ms;
  }
  return null;
}

describe("a dead man's switch", () => {
  it("is held while the coordinator's timers run, and released within 2 s of the last one", () => {
    using heart = new Heartbeat();
    const held = new DeadManSwitch(heart.memory);
    expect(releasedAt(held, 0, 10_000, true)).toBeNull();
    const released = releasedAt(held, 10_010, 20_000, false);
    expect(released).toBeGreaterThan(11_000);
    expect(released).toBeLessThan(12_000);
  });

  it("does not hold its own sleep against the coordinator", () => {
    using heart = new Heartbeat();
    const held = new DeadManSwitch(heart.memory);
    expect(releasedAt(held, 0, 100, true)).toBeNull();
    expect(held.isReleased(60_000_000)).toBe(false);
    expect(releasedAt(held, 60_010, 62_000, true)).toBeNull();
  });

  it("is released when the coordinator ended its heartbeat and went on to something else", () => {
    const heart = new Heartbeat();
    const held = new DeadManSwitch(heart.memory);
    heart[Symbol.dispose]();
    expect(releasedAt(held, 0, 3_000, true)).not.toBeNull();
  });
});
