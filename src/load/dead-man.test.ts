import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

/** How long the coordinator's thread is blocked; and by when, after that, the last request may come. */
const hangMs = 4_000;
const silentAfterMs = 2_000;

it("a load thread whose coordinator hangs stops within 2 s, settles its journal, and says why once it is heard", async () => {
  const dir = mkdtempSync(join(tmpdir(), "peakproof-dead-man-"));
  const arrivals: number[] = [];
  const server = createServer((request, reply) => {
    arrivals.push(performance.now());
    request.resume();
    // Every tenth is never answered, so that something is in flight whenever the load ends.
    if (arrivals.length % 10 > 0) reply.end('{"id":"a"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const path = join(dir, "s.mjs");
  const journalPath = join(dir, "journal-0.ndjson");
  writeFileSync(
    path,
    `export default {
      name: "s", target: "http://127.0.0.1:${port}",
      load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "60s", warmup: "0s" },
      users: { name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) },
      operations: { put: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/", body: "{}" }) } },
      cleanup: { none: "the target is thrown away" },
    };`,
  );
  const thread = new Worker(new URL("hung-coordinator.fixture.ts", import.meta.url), {
    workerData: { path, journalPath, hangMs },
  });
  const [word] = (await once(thread, "message")) as [string];
  const hungMs = performance.now();
  const [fault] = (await once(thread, "message")) as [string];
  await once(thread, "exit");
  server.closeAllConnections();
  server.close();
  expect(word).toBe("hangs");
  expect(arrivals.length).toBeGreaterThan(50);
  expect(Math.max(...arrivals) - hungMs).toBeLessThan(silentAfterMs);
  expect(Math.max(...arrivals) - hungMs).toBeGreaterThan(500);
  expect(fault).toContain("stopped by itself");
  const lines = readFileSync(journalPath, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { n?: number; r?: string });
  const tickets = (isOutcome: boolean) =>
    lines.filter(({ n, r }) => n !== undefined && (r !== undefined) === isOutcome).map(({ n }) => n);
  expect(new Set(tickets(true))).toEqual(new Set(tickets(false)));
  rmSync(dir, { recursive: true });
});
