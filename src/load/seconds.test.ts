import { describe, expect, it } from "vitest";
import { SecondMeter } from "../measure/second-meter.ts";
import { LaneWatch } from "./lane-watch.ts";
import type { WorkerSecond } from "./messages.ts";
import { Queue } from "./queue.ts";
import { SecondMerger, type MergedSecond } from "./seconds.ts";

function report(worker: number, second: number, responseUs: number): WorkerSecond {
  const meter = new SecondMeter();
  meter.dispatched(500);
  meter.answered(responseUs, 200);
  return { ...meter.close(second), worker, inFlight: 1, connections: 2, bytes: 0, eventLoopShare: 0.1, totals: {} };
}

function merger(workers: number): { merger: SecondMerger; emitted: MergedSecond[] } {
  const emitted: MergedSecond[] = [];
  return { merger: new SecondMerger(workers, (merged) => emitted.push(merged)), emitted };
}

describe("the seconds of several workers", () => {
  it("are put together once all have reported, in order", () => {
    const { merger: seconds, emitted } = merger(2);
    seconds.add(report(0, 1, 1_000));
    seconds.add(report(0, 2, 1_000));
    seconds.add(report(1, 2, 9_000));
    expect(emitted).toEqual([]);
    seconds.add(report(1, 1, 3_000));
    expect(emitted.map(({ point }) => [point.t, point.done, point.inFlight, point.max])).toEqual([
      [1_000_000, 2, 2, 3_001],
      [2_000_000, 2, 2, 9_007],
    ]);
  });

  it("go on without a worker that has fallen silent, so that its silence shows", () => {
    const { merger: seconds, emitted } = merger(2);
    for (let second = 1; second <= 5; second++) seconds.add(report(0, second, 1_000));
    expect(emitted.map(({ point }) => [point.t / 1_000_000, point.done])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    seconds.flush();
    expect(emitted).toHaveLength(5);
  });

  it("count what a late worker reports in the second after, once and in order", () => {
    const { merger: seconds, emitted } = merger(2);
    for (let second = 0; second <= 5; second++) seconds.add(report(0, second, 1_000));
    for (let second = 0; second <= 5; second++) seconds.add(report(1, second, 1_000));
    seconds.flush();
    const times = emitted.map(({ point }) => point.t / 1_000_000);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    expect(emitted.reduce((sum, { point }) => sum + point.done, 0)).toBe(12);
  });

  it("carry the lanes that answered in them", () => {
    const { merger: seconds, emitted } = merger(1);
    seconds.lanes(1, { connectUs: 100, freshUs: null, keptUs: null });
    seconds.lanes(1, { connectUs: null, freshUs: null, keptUs: 300 });
    seconds.add(report(0, 1, 1_000));
    seconds.add(report(0, 2, 1_000));
    expect(emitted.map(({ point }) => point.lanes)).toEqual([{ connectUs: 100, freshUs: null, keptUs: 300 }, null]);
  });
});

describe("the watch on the kept-alive lane", () => {
  const round = (keptUs: number | null) => ({ connectUs: null, freshUs: null, keptUs });

  it("calls it calm after two rounds near the baseline, and not before", async () => {
    const watch = new LaneWatch();
    for (let n = 0; n < 3; n++) watch.round(round(1_000));
    let calm = false;
    const waiting = watch.calm().then(() => (calm = true));
    for (const us of [500_000, -1, 2_000, 90_000, null, 2_000]) watch.round(round(us));
    await Promise.resolve();
    expect(calm).toBe(false);
    watch.round(round(1_500));
    await waiting;
    expect(calm).toBe(true);
  });
});

it("a queue gives items back in their order, through any number of pushes and shifts", () => {
  const queue = new Queue<number>();
  const seen: number[] = [];
  for (let n = 0; n < 10_000; n++) {
    queue.push(n);
    if (n % 3 !== 0) seen.push(queue.shift() ?? -1);
  }
  while (queue.length > 0) seen.push(queue.shift() ?? -1);
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  expect(queue.shift()).toBeUndefined();
});
