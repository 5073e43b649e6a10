import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { askingClient } from "../../test/asking-client.ts";
import { block, startThreadServer } from "../../test/thread-server.ts";

/** A request that the thread's server answers after that many milliseconds, or never. */
const get = (laterMs: number | "never") => ({ request: `GET /${laterMs} HTTP/1.1\r\n\r\n` });

it("a deadline is kept to 5 ms, beside light load", async () => {
  await using server = await startThreadServer();
  using wire = askingClient(server.port, { maxConnections: 500 });
  const ticks: number[] = [];
  const load = setInterval(() => {
    ticks.push(wire.now());
    void wire.ask(get(1));
  }, 1);
  const startUs = wire.now();
  const deadlines = Array.from({ length: 200 }, (_, index) => startUs + 50_000 + index * 1_000);
  const asked = await Promise.all(deadlines.map((deadlineUs) => wire.ask({ ...get("never"), deadlineUs })));
  clearInterval(load);
  expect(new Set(asked.map(({ error }) => error))).toEqual(new Set(["timeout:sent"]));
  expect(Math.min(...asked.map(({ doneUs, deadlineUs }) => doneUs - deadlineUs))).toBeGreaterThanOrEqual(0);
  // Other processes may take the core from us for longer than 5 ms: what counts is how long after the loop could know it was settled.
  const knownUs = (deadlineUs: number): number => ticks.find((tickUs) => tickUs >= deadlineUs) ?? deadlineUs;
  const lateMs = asked.map(({ doneUs, deadlineUs }) => (doneUs - knownUs(deadlineUs)) / 1_000).toSorted((a, b) => a - b);
  expect(lateMs[Math.floor(lateMs.length * 0.9)]).toBeLessThanOrEqual(5);
});

it("giving up settles everything within the call", async () => {
  await using server = await startThreadServer();
  using wire = askingClient(server.port, { maxConnections: 50 });
  const asking = Array.from({ length: 100 }, () => wire.ask(get("never")));
  while (wire.client.inFlight < 50) await wait(1);
  const abortedUs = wire.now();
  wire.client.abortAll();
  expect(wire.client).toMatchObject({ inFlight: 0, waiting: 0 });
  const asked = await Promise.all(asking);
  expect(Math.max(...asked.map(({ doneUs }) => doneUs)) - abortedUs).toBeLessThanOrEqual(5_000);
});

it("a reply that came in time is taken although our own loop was blocked past its deadline", async () => {
  await using server = await startThreadServer();
  using wire = askingClient(server.port);
  await Promise.all([wire.ask(get(0)), wire.ask(get(0)), wire.ask(get(0))]);
  const deadlineUs = wire.now() + 60_000;
  const asking = [20, "never" as const, 40].map((laterMs) => wire.ask({ ...get(laterMs), deadlineUs }));
  block(150);
  expect((await Promise.all(asking)).map(({ error }) => error)).toEqual([null, "timeout:sent", null]);
});
