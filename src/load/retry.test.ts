import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../model/scenario.ts";
import { Retrier, retryAfterUs } from "./retry.ts";

const wallMs = Date.UTC(2026, 10, 21);
const never = Number.POSITIVE_INFINITY;

/** The wait that a policy has after an attempt, microseconds; null: no further attempt. */
function waitUs(policy: RetryPolicy, attempt: number, errorKey = "status:503", head = ""): number | null {
  const atUs = new Retrier(policy, 3).next({ index: 9, attempt, errorKey, doneUs: 1_000, head }, never, wallMs);
  return atUs === 0 ? null : atUs - 1_000;
}

describe("the wait before another attempt", () => {
  it("is doubled each time up to its maximum, and with full jitter lies anywhere below that", () => {
    const policy = { attempts: 100, base: "100ms", max: "1s" };
    const exact = [1, 2, 3, 4, 5, 60].map((attempt) => waitUs({ ...policy, jitter: 0 }, attempt));
    expect(exact).toEqual([100_000, 200_000, 400_000, 800_000, 1_000_000, 1_000_000]);
    const drawn = Array.from({ length: 90 }, (_, n) => (waitUs(policy, n + 6) ?? 0) / 1_000_000);
    expect(drawn.every((share) => share > 0 && share <= 1)).toBe(true);
    expect(Math.abs(drawn.reduce((a, b) => a + b) / drawn.length - 0.5)).toBeLessThan(0.1);
  });

  it("is nothing or always the same where the policy says so, and in part random where it wants that", () => {
    expect(waitUs({ attempts: 9, backoff: "none" }, 8)).toBe(0);
    expect(waitUs({ attempts: 9, backoff: "fixed", base: "2s", jitter: 0 }, 8)).toBe(2_000_000);
    const halfRandom = waitUs({ attempts: 9, backoff: "fixed", base: "2s", jitter: 0.5 }, 8);
    expect(halfRandom).toBeGreaterThan(1_000_000);
    expect(halfRandom).toBeLessThanOrEqual(2_000_000);
  });

  it("is drawn from seed, request and attempt alone, so that any thread and any later run waits as long", () => {
    const waits = [1, 2, 20].map((attempt) => waitUs({ attempts: 99 }, attempt)?.toFixed(3));
    expect(waits).toEqual(["89774.544", "112522.541", "3307318.471"]);
  });

  it("is at least what Retry-After says, unless the policy does not listen", () => {
    const head = "HTTP/1.1 503 Busy\r\nretry-after: 30\r\n\r\n";
    expect(waitUs({ attempts: 2 }, 1, "status:503", head)).toBe(30_000_000);
    expect(waitUs({ attempts: 2, retryAfter: false }, 1, "status:503", head)).toBeLessThanOrEqual(100_000);
  });

  it.each([
    ["120", 120_000_000],
    ["Sat, 21 Nov 2026 00:00:05 GMT", 5_000_000],
    ["Fri, 20 Nov 2026 00:00:05 GMT", 0],
    ["-1", 0],
    ["2.5", 0],
    ["99999999999999999999", 0],
    ["soon GMT", 0],
    [undefined, 0],
  ])("reads a Retry-After of %j", (value, expected) => {
    expect(retryAfterUs(value, wallMs)).toBe(expected);
  });
});

describe("whether there is another attempt", () => {
  it.each([
    ["status:429", true],
    ["status:503", true],
    ["status:500", false],
    ["connect:ECONNREFUSED", true],
    ["sent:closed-idle", true],
    ["timeout:sent", true],
    ["reading:EOF", false],
    ["check:body", false],
    ["unsent", false],
    ["aborted", false],
  ])("after %s where the policy says nothing: %j", (errorKey, expected) => {
    expect(waitUs({ attempts: 2 }, 1, errorKey) !== null).toBe(expected);
  });

  it("goes by the whole key or its phase where the policy says what", () => {
    const policy = { attempts: 2, on: ["status:500", "reading"] };
    expect(["status:500", "reading:EOF", "status:503", "unsent"].map((key) => waitUs(policy, 1, key) !== null)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("ends with the attempts, and where the next one would be due at the deadline", () => {
    expect(waitUs({ attempts: 3 }, 3)).toBeNull();
    const retrier = new Retrier({ attempts: 3, backoff: "fixed", base: "1s", jitter: 0 }, 1);
    const ended = { index: 0, attempt: 1, errorKey: "status:503", doneUs: 0, head: "" };
    expect(retrier.next(ended, 1_000_000, wallMs)).toBe(0);
    expect(retrier.next(ended, 1_000_001, wallMs)).toBe(1_000_000);
  });

  it("keeps retries within their share of first attempts, and saves up no more than a hundred", () => {
    const retrier = new Retrier({ attempts: 2, budget: 0.1, backoff: "none" }, 1);
    const retries = (firsts: number, wanted: number): number => {
      for (let n = 0; n < firsts; n++) retrier.earn();
      const ended = { index: 0, attempt: 1, errorKey: "status:503", doneUs: 5, head: "" };
      return Array.from({ length: wanted }, () => retrier.next(ended, never, wallMs)).filter((atUs) => atUs > 0).length;
    };
    expect(retries(9, 10)).toBe(0);
    expect(retries(1, 10)).toBe(1);
    expect(retries(500, 100)).toBe(50);
    expect(retries(5_000, 1_000)).toBe(100);
  });
});
