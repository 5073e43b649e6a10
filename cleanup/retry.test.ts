import { describe, expect, it } from "vitest";
import type { SweepClock } from "./clock.ts";
import { backoffUs, longestRetryAfterUs, withRetries } from "./retry.ts";
import { parseRetryAfterUs } from "./http/status.ts";
import { StoreFault } from "./store.ts";

function fakeClock(): SweepClock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, nowUs: () => 0, sleep: async (us) => void slept.push(us) };
}

const busy = (retryAfterUs: number | null = null): StoreFault =>
  new StoreFault("unreachable", "busy", { transient: true, retryAfterUs });

/** Fails with the given faults, then succeeds; counts its calls. */
function failing(...faults: StoreFault[]) {
  const call = async (): Promise<number> => {
    call.count += 1;
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return call.count;
  };
  call.count = 0;
  return call;
}

describe("withRetries", () => {
  it("waits twice as long after each failure, halved at random, up to a bound", async () => {
    const clock = fakeClock();
    await withRetries(failing(busy(), busy(), busy()), { attempts: 4, clock, random: () => 0 });
    expect(clock.slept).toEqual([125_000, 250_000, 500_000]);
    expect(backoffUs(1, 0.999)).toBeLessThan(250_000);
    expect(backoffUs(30, 0.999)).toBeLessThan(5_000_000);
  });

  it("waits at least as long as it was asked to", async () => {
    const clock = fakeClock();
    await withRetries(failing(busy(7_000_000), busy(1)), { attempts: 4, clock, random: () => 0 });
    expect(clock.slept).toEqual([7_000_000, 250_000]);
  });

  it("stops rather than come back earlier than it was told", async () => {
    const clock = fakeClock();
    const call = failing(busy(longestRetryAfterUs + 1_000_000));
    await expect(withRetries(call, { attempts: 4, clock })).rejects.toThrow(/asks us to wait 31 s, more than the 30 s/);
    expect(call.count).toBe(1);
    expect(clock.slept).toEqual([]);
  });

  it("gives up after the attempts it has, and says how many", async () => {
    const call = failing(busy(), busy(), busy());
    await expect(withRetries(call, { attempts: 3, clock: fakeClock() })).rejects.toThrow("busy (3 attempts)");
    expect(call.count).toBe(3);
  });

  it("does not repeat what fails for good", async () => {
    const call = failing(new StoreFault("usage", "no such path"));
    await expect(withRetries(call, { attempts: 3, clock: fakeClock() })).rejects.toThrow("no such path");
    expect(call.count).toBe(1);
  });

  it("does not begin once it was stopped", async () => {
    const call = failing();
    await expect(withRetries(call, { attempts: 3, clock: fakeClock(), signal: AbortSignal.abort() })).rejects.toThrow("aborted");
    expect(call.count).toBe(0);
  });
});

it("reads Retry-After as seconds or as a date, and ignores anything else", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfterUs("3", nowMs)).toBe(3_000_000);
  expect(parseRetryAfterUs("Thu, 01 Jan 2026 00:00:05 GMT", nowMs)).toBe(5_000_000);
  expect(parseRetryAfterUs("Wed, 31 Dec 2025 00:00:00 GMT", nowMs)).toBe(0);
  for (const value of [null, "", "soon", "-3", "1e9", "99999999999999"]) expect(parseRetryAfterUs(value, nowMs)).toBeNull();
});
