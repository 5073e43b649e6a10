import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, testService, type TestService } from "./testing.ts";

let service: TestService;
const person = { name: "王五", idNumber: "000000197001010012", phone: "10000000001" };
const tagged = (run: string) => ({ "x-synthetic-run": run, connection: "close" });

beforeAll(async () => {
  service = await testService({ workers: 2, queueRatePerSec: 1, cacheTtlMs: 60_000 });
});
afterAll(() => service.stop());

/** Rows of every kind: 3 citizens, 2 reports and 1 key, and check-ins that the slow consumer leaves in the queue. */
async function writeSome(run: string): Promise<void> {
  for (const id of [1, 2, 3]) await service.post("/citizens", { id: `${run}-${id}`, ...person }, tagged(run));
  for (const key of [{}, { "idempotency-key": "k" }])
    await service.post("/reports", { citizenId: `${run}-1` }, { ...tagged(run), ...key });
  for (let at = 0; at < 10; at++) await service.post("/checkins", { citizenId: `${run}-1`, venueId: "v" }, tagged(run));
}
const rowsOf = async (run: string): Promise<{ store: number; cache: number; queue: number }> =>
  (await service.synthetic(run)).body["rows"] as { store: number; cache: number; queue: number };

it("removes a run everywhere, a limited number of rows at a time, and leaves the others alone", async () => {
  const before = (await service.synthetic("sweep-1")).body;
  expect(before).toMatchObject({ rows: { store: 0, cache: 0, queue: 0 }, untagged: { count: 200 }, tombstoned: false });
  await writeSome("sweep-1");
  await writeSome("sweep-2");
  // Round robin: fresh connections reach both workers, so that both have something cached.
  for (const run of ["sweep-1", "sweep-2"]) for (const id of [1, 1, 2, 3]) await service.code(`${run}-${id}`, tagged(run));
  await service.code("resident-000001", tagged("sweep-1"));
  const rows = await rowsOf("sweep-1");
  expect(rows.store).toBeGreaterThanOrEqual(6);
  expect([rows.cache > 0, rows.queue > 0]).toEqual([true, true]);

  const first = (await service.synthetic("sweep-1", "DELETE", "?limit=4")).body;
  expect(first).toMatchObject({ rows: { cache: 0, queue: 0 }, deleted: 4 + rows.cache + rows.queue, tombstoned: true });
  const second = (await service.synthetic("sweep-1", "DELETE")).body;
  const third = (await service.synthetic("sweep-1", "DELETE")).body;
  expect(second).toMatchObject({ rows: { store: 0, cache: 0, queue: 0 }, untagged: before["untagged"] });
  expect(third["deleted"]).toBe(0);
  expect((await rowsOf("sweep-2")).store).toBeGreaterThanOrEqual(6);
  expect((await service.code("sweep-2-1", tagged("sweep-2"))).status).toBe(200);
});

it("refuses what a swept run still sends, and does not cache for it again", async () => {
  await service.synthetic("late-1", "DELETE");
  const writes = [
    () => service.post("/citizens", { id: "late", ...person }, tagged("late-1")),
    () => service.post("/reports", { citizenId: "late" }, tagged("late-1")),
    () => service.post("/checkins", { citizenId: "late", venueId: "v" }, tagged("late-1")),
  ];
  const statuses = [];
  for (const write of writes) statuses.push((await write()).status);
  expect(statuses).toEqual([410, 410, 410]);
  expect((await service.code("resident-000002", tagged("late-1"))).status).toBe(200);
  expect(await rowsOf("late-1")).toEqual({ store: 0, cache: 0, queue: 0 });
});

it("counts a genuine write as a change of the untagged rows", async () => {
  const before = (await service.synthetic("any-1")).body["untagged"];
  await service.post("/citizens", { id: "genuine-1", ...person });
  const after = (await service.synthetic("any-1")).body["untagged"] as { count: number; checksum: string };
  expect(after).not.toEqual(before);
  expect(after.count).toBe(201);
  expect(await service.metric('health_code_store_rows{tagged="no"}')).toBe(201);
});

it("says that a worker is too busy to be swept rather than passing it over, and answers once it is not", async () => {
  const [worker = 0] = service.pids.workers;
  process.kill(worker, "SIGSTOP");
  try {
    const startMs = performance.now();
    expect(await service.metric("health_code_queue_capacity")).toBe(10_000);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    expect((await service.synthetic("busy-1", "DELETE")).status).toBe(503);
  } finally {
    process.kill(worker, "SIGCONT");
  }
  const reply = await eventually(
    () => service.synthetic("busy-1"),
    (each) => each.status === 200,
  );
  expect(reply.body).toMatchObject({ rows: { store: 0, cache: 0, queue: 0 }, tombstoned: true });
});
