/** The load as the target sees it: when requests really arrive, by a clock that is not ours. */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pace } from "../src/model/scenario.ts";
import { Folder, peakproof, summaryOf } from "./cli.ts";

/** Arrivals of the load, milliseconds on the target's clock. */
let arrivals: number[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.headers["x-synthetic-purpose"] === "load") arrivals.push(performance.now());
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterAll(() => server.close());

async function loadAt(pace: Pace, ratePerSec: number, seconds: number): Promise<readonly number[]> {
  using folder = new Folder();
  const scenario = folder.file(
    "arrivals.ts",
    `export default {
  name: "arrivals", target: "${url}",
  load: { peak: { ratePerSec: ${ratePerSec} }, multiples: [1], hold: "${seconds}s", warmup: "0s", pace: "${pace}" },
  users: { name: "one", pool: 1, popularity: "uniform", user: () => ({ id: "u1" }) },
  operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
};`,
  );
  arrivals = [];
  const summary = summaryOf(await peakproof("run", scenario, "--out", folder.runs, "--json"));
  expect(arrivals).toHaveLength(summary.steps[0]?.sent ?? -1);
  return arrivals.toSorted((a, b) => a - b);
}

/** How many fall into each of `bins` windows of `widthMs` from the first one on. */
function countsIn(times: readonly number[], widthMs: number, bins: number): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  const first = times[0] ?? 0;
  for (const time of times) {
    const bin = Math.floor((time - first) / widthMs);
    if (bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Sum of squared deviations over the mean: chi-square distributed with bins - 1 degrees of freedom where arrivals are Poisson. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / mean;
}

/** Upper and lower 0.5 % points of chi-square by Wilson and Hilferty's cube (1931), good to a percent from 10 degrees on. */
function band99(degrees: number): readonly [low: number, high: number] {
  const point = (z: number): number => degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3;
  return [point(-2.5758), point(2.5758)];
}

describe("Poisson arrivals", () => {
  it("are as irregular as chance, no more and no less, with no burst at any part of a second", async () => {
    const times = await loadAt("poisson", 400, 6);
    const windows = countsIn(times, 25, 236);
    const [low, high] = band99(windows.length - 1);
    expect(chiSquare(windows), "dispersion index times windows").toBeGreaterThan(low);
    expect(chiSquare(windows), "dispersion index times windows").toBeLessThan(high);
    const tenths = countsIn(times, 100, 50).reduce<number[]>((phases, count, at) => {
      phases[at % 10] = (phases[at % 10] ?? 0) + count;
      return phases;
    }, []);
    expect(chiSquare(tenths), "arrivals by tenth of a second").toBeLessThan(band99(9)[1]);
  });
});

/** How many of these times are within 1 ms of an even spacing. */
function evenShare(times: readonly number[], spacingMs: number): number {
  const offsets = times.map((time, at) => time - at * spacingMs);
  const middle = offsets.toSorted((a, b) => a - b)[Math.floor(offsets.length / 2)] ?? 0;
  return offsets.filter((offset) => Math.abs(offset - middle) <= 1).length / times.length;
}

/** When timers of this process fired that were set for even times, until `end` is settled. */
async function timersUntil(end: Promise<unknown>, spacingMs: number): Promise<readonly number[]> {
  const times: number[] = [];
  const startMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const set = (): void => {
    const dueMs = startMs + (times.length + 1) * spacingMs;
    timer = setTimeout(
      () => {
        times.push(performance.now());
        set();
      },
      Math.max(1, dueMs - performance.now()),
    );
  };
  set();
  await end.finally(() => clearTimeout(timer));
  return times;
}

describe("uniform arrivals", () => {
  it("come within 1 ms of their even spacing, about as often as bare timers do here at the same time", async () => {
    const spacingMs = 5;
    const load = loadAt("uniform", 1_000 / spacingMs, 4);
    const timers = evenShare(await timersUntil(load, spacingMs), spacingMs);
    // An arrival meets two processes that may be late, a timer one. A tenth more is a guess; a tick too coarse or a burst costs half.
    expect(evenShare(await load, spacingMs)).toBeGreaterThan(timers ** 2 - 0.1);
  });
});
