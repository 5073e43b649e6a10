import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { testService, type TestService } from "./testing.ts";

const codeOf = (reply: { body: Record<string, unknown> }): unknown =>
  (reply.body["error"] as { code?: string } | undefined)?.code;

/** Sends requests one after the other on a connection of its own, a pause between them, until the end; counts what was admitted. */
async function drive(service: TestService, pauseMs: number, counting: () => boolean, endMs: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let admitted = 0;
  while (performance.now() < endMs) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get(`${service.url}/reports/none`, { agent }, (reply) => reply.resume().on("end", () => resolve(reply.statusCode))).on(
        "error",
        reject,
      );
    });
    if (status !== 429 && counting()) admitted += 1;
    await delay(pauseMs);
  }
  agent.destroy();
  return admitted;
}

describe("the gateway's limit", () => {
  it.each([{ workers: 1 }, { workers: 2 }])(
    "admits its rate within 2 % with $workers workers, however unequal",
    async ({ workers }) => {
      await using service = await testService({ workers, rateLimitPerSec: 200 });
      const startMs = performance.now() + 300;
      const counting = () => performance.now() >= startMs;
      // Connections go round robin: with two workers the even ones reach one, the odd ones the other.
      const pausesMs = [1, 50, 1, 100, 1, 100, 1, 100, 1, 100, 1, 100];
      const admitted = await Promise.all(pausesMs.map((pauseMs) => drive(service, pauseMs, counting, startMs + 2_500)));
      const ratePerSec = admitted.reduce((sum, each) => sum + each, 0) / 2.5;
      expect(ratePerSec).toBeGreaterThan(196);
      expect(ratePerSec).toBeLessThan(204);
    },
  );

  it("refuses with 429 and Retry-After, counts it, and lets probes and registration pass", async () => {
    await using service = await testService({ rateLimitPerSec: 1 });
    const replies = await Promise.all(Array.from({ length: 40 }, () => service.get("/reports/none")));
    const refused = replies.filter((reply) => reply.status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect([refused[0]?.headers.get("retry-after"), codeOf(refused[0] ?? { body: {} })]).toEqual(["1", "rate_limited"]);
    expect(await service.metric("health_code_rate_limited_total")).toBe(refused.length);
    const person = { id: "c", name: "n", idNumber: "1", phone: "1" };
    expect([(await service.get("/ping")).status, (await service.post("/citizens", person)).status]).toEqual([200, 201]);
  });
});

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
