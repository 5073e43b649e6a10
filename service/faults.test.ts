import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually, send, testService, type TestService } from "./testing.ts";

const tag = { "x-synthetic-run": "faults-1" };
const rowsOf = async (service: TestService) => (await service.synthetic("faults-1")).body["rows"] as Record<string, number>;
const report = (service: TestService, headers = {}) => service.post("/reports", { citizenId: "c" }, { ...tag, ...headers });
const checkin = (service: TestService) => service.post("/checkins", { citizenId: "c", venueId: "v" }, tag);

describe("a service that does wrong on purpose", () => {
  it("cuts the connection of a write that it has stored, and answers reads", async () => {
    await using service = await testService({ dropReplyShare: 1 });
    await expect(report(service, { "idempotency-key": "k" })).rejects.toThrow("fetch failed");
    expect(await rowsOf(service)).toMatchObject({ store: 2 });
    expect((await service.get("/reports?key=k", tag)).body["count"]).toBe(1);
  });

  it("holds back the share of replies to writes that it is told", async () => {
    await using service = await testService({ replyDelayMs: 150 });
    await using never = await testService({ replyDelayMs: 60_000, replyDelayShare: 0 });
    const startMs = performance.now();
    await Promise.all([report(service), report(never)]);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(149);
  });

  it("accepts writes and loses them", async () => {
    await using service = await testService({ loseShare: 1 });
    const replies = [await report(service), await checkin(service)];
    expect(replies.map(({ status }) => status)).toEqual([201, 202]);
    expect((await service.get(`/reports/${String(replies[0]?.body["id"])}`)).status).toBe(404);
    expect(await rowsOf(service)).toMatchObject({ store: 0, queue: 0 });
  });

  it("applies writes twice, which their count tells", async () => {
    await using service = await testService({ duplicateShare: 1 });
    const { body } = await report(service, { "idempotency-key": "k" });
    const id = String((await checkin(service)).body["id"]);
    const stored = await eventually(
      () => service.get(`/checkins/${id}`),
      ({ status }) => status === 200,
    );
    const reread = [await service.get(`/reports/${String(body["id"])}`), await service.get("/reports?key=k", tag), stored];
    expect(reread.map((reply) => reply.body["count"])).toEqual([2, 2, 2]);
    // Two reports, their key, two check-ins.
    expect(await rowsOf(service)).toMatchObject({ store: 5 });
  });

  it("lets a check-in be nowhere for a while before it lands, unless its run is swept meanwhile", async () => {
    await using service = await testService({ lateWriteMs: 200 });
    await checkin(service);
    expect(await rowsOf(service)).toMatchObject({ store: 0, queue: 0 });
    expect(
      await eventually(
        () => rowsOf(service),
        ({ store }) => store === 1,
      ),
    ).toMatchObject({ store: 1 });
    await checkin(service);
    await service.synthetic("faults-1", "DELETE");
    expect(
      await eventually(
        () => service.metric("health_code_queue_dropped_total"),
        (dropped) => dropped === 1,
      ),
    ).toBe(1);
    expect(await rowsOf(service)).toMatchObject({ store: 0, queue: 0 });
  });

  it("lets late check-ins land when it stops", async () => {
    const folder = mkdtempSync(join(tmpdir(), "faults-test-"));
    const databasePath = join(folder, "store");
    const first = await testService({ lateWriteMs: 60_000, databasePath });
    await checkin(first);
    await first.stop();
    {
      await using second = await testService({ databasePath });
      expect(await rowsOf(second)).toMatchObject({ store: 1 });
    }
    rmSync(folder, { recursive: true });
  });
});

describe("a hop that drops the tag", () => {
  const logged = async (service: TestService, path: string): Promise<boolean> => {
    await service.get("/ping", tag);
    return readFileSync(path, "utf8").includes("run=faults-1");
  };

  /** What each hop knows of the run. */
  async function seenAt(service: TestService, logPath: string) {
    await service.post("/citizens", { id: "c", name: "n", idNumber: "1", phone: "1" }, tag);
    await service.code("resident-000001", tag);
    await report(service);
    const { store = 0, cache = 0 } = await rowsOf(service);
    await checkin(service);
    const { queue = 0 } = await rowsOf(service);
    const { body } = await send(`${service.laboratoryUrl}/calls/faults-1`, {});
    return {
      store: store > 0,
      cache: cache > 0,
      queue: queue > 0,
      laboratory: body["calls"] === 1,
      log: await logged(service, logPath),
    };
  }

  it.each([null, "store", "cache", "queue", "laboratory", "log"] as const)("is seen by its silence: %s", async (hop) => {
    const folder = mkdtempSync(join(tmpdir(), "faults-test-"));
    const logPath = join(folder, "requests.log");
    {
      await using service = await testService({ dropTagAt: hop, logPath, queueRatePerSec: 0.01, cacheTtlMs: 60_000 });
      const all = { store: true, cache: true, queue: true, laboratory: true, log: true };
      expect(await seenAt(service, logPath)).toEqual(hop === null ? all : { ...all, [hop]: false });
    }
    rmSync(folder, { recursive: true });
  });
});

describe("the request log", () => {
  it("has a line per request, without its query", async () => {
    const folder = mkdtempSync(join(tmpdir(), "log-test-"));
    const logPath = join(folder, "requests.log");
    {
      await using service = await testService({ logPath, workers: 2 });
      await service.get("/reports?key=k", tag);
      await service.get("/ping", { "x-synthetic-run": "Not A Run" });
      await service.get("/nowhere");
    }
    const lines = readFileSync(logPath, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, "")).toSorted()).toEqual([
      "GET /nowhere 404 run=-",
      "GET /ping 400 run=-",
      "GET /reports 404 run=faults-1",
    ]);
    rmSync(folder, { recursive: true });
  });
});
