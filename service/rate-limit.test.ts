import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { testService, type TestService } from "./testing.ts";

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
      const admitted = await Promise.all(pausesMs.map((pauseMs) => drive(service, pauseMs, counting, startMs + 2_000)));
      const ratePerSec = admitted.reduce((sum, each) => sum + each, 0) / 2;
      expect(ratePerSec).toBeGreaterThan(196);
      expect(ratePerSec).toBeLessThan(204);
    },
  );

  it("refuses with 429 and Retry-After, counts it, and lets probes and registration pass", async () => {
    await using service = await testService({ rateLimitPerSec: 1 });
    const replies = await Promise.all(Array.from({ length: 40 }, () => service.get("/reports/none")));
    const refused = replies.filter((reply) => reply.status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect([refused[0]?.headers.get("retry-after"), refused[0]?.body["error"]]).toMatchObject(["1", { code: "rate_limited" }]);
    expect(await service.metric("health_code_rate_limited_total")).toBe(refused.length);
    const person = { id: "c", name: "n", idNumber: "1", phone: "1" };
    expect([(await service.get("/ping")).status, (await service.post("/citizens", person)).status]).toEqual([200, 201]);
  });
});
