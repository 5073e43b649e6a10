import { describe, expect, it } from "vitest";
import { testService } from "./testing.ts";

const codeOf = (reply: { body: Record<string, unknown> }): unknown =>
  (reply.body["error"] as { code?: string } | undefined)?.code;

describe("the queue", () => {
  it("refuses with 503 when it is full, and tells its depth and age", async () => {
    await using service = await testService({ queueCapacity: 5, queueRatePerSec: 1 });
    const replies = [];
    for (let at = 0; at < 8; at++) replies.push(await service.post("/checkins", { citizenId: "c", venueId: "v" }));
    const refused = replies.filter((reply) => reply.status === 503);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect([refused[0]?.headers.get("retry-after"), codeOf(refused[0] ?? { body: {} })]).toEqual(["1", "queue_full"]);
    const accepted = await service.metric("health_code_queue_accepted_total");
    expect(accepted).toBe(8 - refused.length);
    expect(await service.metric("health_code_queue_depth")).toBeGreaterThanOrEqual(3);
    expect(await service.metric("health_code_queue_oldest_age_seconds")).toBeGreaterThan(0);
  });
});

describe("the laboratory", () => {
  it("has a latency, a limit and a timeout of its own", async () => {
    await using service = await testService({ laboratoryLatencyMs: 80, laboratoryLatencySpread: 0, laboratoryLimitPerSec: 1 });
    const replies = await Promise.all(Array.from({ length: 15 }, (_, at) => service.get(`/lab-results/${at}`)));
    const slow = replies.find((reply) => reply.status === 200);
    expect(Number(/lab;dur=([\d.]+)/.exec(slow?.headers.get("server-timing") ?? "")?.[1])).toBeGreaterThan(75);
    const refused = replies.filter((reply) => reply.status === 503);
    expect([refused.length > 0, codeOf(refused[0] ?? { body: {} })]).toEqual([true, "laboratory_busy"]);
    expect(await service.metric('health_code_laboratory_calls_total{status="429"}')).toBe(refused.length);
  });

  it("is given up after the timeout, and its failure stores nothing", async () => {
    await using service = await testService({ laboratoryLatencyMs: 1_000, laboratoryTimeoutMs: 50 });
    const headers = { "x-synthetic-run": "timeout-1", "idempotency-key": "k" };
    const reply = await service.post("/reports", { citizenId: "c" }, headers);
    expect([reply.status, codeOf(reply)]).toEqual([504, "laboratory_timeout"]);
    expect((await service.synthetic("timeout-1")).body["rows"]).toEqual({ store: 0, cache: 0, queue: 0 });
    expect(await service.metric('health_code_laboratory_calls_total{status="timeout"}')).toBe(1);
  });
});

describe("a dear store read", () => {
  it.each([
    { cacheStampedeProtection: true, readsAtOnce: 1 },
    { cacheStampedeProtection: false, readsAtOnce: 6 },
  ])("is made $readsAtOnce times by six who miss together when protection is $cacheStampedeProtection", async (example) => {
    const { cacheStampedeProtection, readsAtOnce } = example;
    await using service = await testService({ cacheStampedeProtection, storeReadDelayMs: 100, storePoolSize: 1 });
    const startMs = performance.now();
    const replies = await Promise.all(Array.from({ length: 6 }, () => service.code("resident-000003")));
    const tookMs = performance.now() - startMs;
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200, 200, 200, 200]);
    // One connection: each further read waits for the one before.
    expect(tookMs).toBeGreaterThanOrEqual(readsAtOnce * 99);
    expect(tookMs).toBeLessThan(readsAtOnce * 100 + 300);
  });
});
