import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Buckets } from "../measure/buckets.ts";
import { unit } from "../model/random.ts";
import { hlogHead, hlogLine } from "../record/hlog.ts";
import { CallBook } from "./call-book.ts";
import { lognormal, recorded } from "./latency.ts";
import { RateLimit } from "./rate-limit.ts";
import { readLatencies } from "./recorded-latency.ts";
import { createStub, type StubCall, type StubOptions } from "./stub-server.ts";

const draws = (source: (random: () => number) => number, count = 20_000): number[] => {
  let index = 0;
  const random = (): number => unit(7, 1, index++);
  return Array.from({ length: count }, () => source(random)).toSorted((a, b) => a - b);
};
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * sorted.length)]!;

describe("latencies of a stand-in", () => {
  it("are lognormal about their median", () => {
    expect(draws(lognormal(30, 0), 3)).toEqual([30, 30, 30]);
    const sorted = draws(lognormal(30, 0.3));
    expect(at(sorted, 0.5)).toBeCloseTo(30, 0);
    // exp(0.3 x 2.326) = 2.01
    expect(at(sorted, 0.99) / 30).toBeCloseTo(2.01, 1);
  });

  it("are those that were recorded, percentile by percentile", () => {
    const buckets = new Buckets();
    for (let index = 0; index < 10_000; index++) buckets.record(1_000 * Math.exp(2 * unit(3, 1, index)));
    const sorted = draws(recorded(buckets));
    for (const share of [0.01, 0.25, 0.5, 0.9, 0.99]) {
      expect(at(sorted, share) / (buckets.percentile(share * 100) / 1_000)).toBeCloseTo(1, 1);
    }
    expect(() => recorded(new Buckets())).toThrow(RangeError);
  });
});

describe("recorded latencies", () => {
  const bucketsAt = (us: number): Buckets => {
    const buckets = new Buckets();
    buckets.record(us);
    return buckets;
  };
  const medianMs = (buckets: Buckets): number => Math.round(buckets.percentile(50) / 1_000);

  it("are read from a log, torn lines left out, by operation where one is named", () => {
    const folder = mkdtempSync(join(tmpdir(), "peakproof-test-"));
    try {
      const lines = [
        hlogHead(new Date(0)),
        hlogLine("s1.scan.service.ok", 0, 1, bucketsAt(10_000)),
        hlogLine("s1.report.service.ok", 0, 1, bucketsAt(30_000)),
        hlogLine("s1.report.response.ok", 0, 1, bucketsAt(900_000)),
        hlogLine("second", 0, 1, bucketsAt(900_000)),
        "Tag=s1.scan.service.ok,0.000,1.0",
      ];
      const file = join(folder, "latency.hlog");
      writeFileSync(file, lines.join("\n"));
      expect(readLatencies(file, null).count).toBe(2);
      expect(medianMs(readLatencies(file, "report"))).toBe(30);
      expect(() => readLatencies(file, "none")).toThrow(/no latencies of the operation none/);
      expect(() => readLatencies(join(folder, "other.hlog"), null)).toThrow(/no latency can be taken/);
      expect(() => readLatencies(folder, null)).toThrow(/is not a run directory/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it("a rate limit lets its rate through, and says how long until the next", () => {
  const limit = new RateLimit(100, 0);
  let passed = 0;
  for (let ms = 0; ms < 10_000; ms++) if (limit.take(ms) === 0) passed += 1;
  expect(passed).toBeGreaterThanOrEqual(1_000);
  expect(passed).toBeLessThanOrEqual(1_010);
  const slow = new RateLimit(1, 0);
  expect([slow.take(0), slow.take(250), slow.take(1_000)]).toEqual([0, 750, 0]);
  expect(new RateLimit(Number.POSITIVE_INFINITY, 0).take(0)).toBe(0);
});

it("a book of calls knows the highest second and the runs, however many", () => {
  const book = new CallBook();
  for (let ms = 0; ms < 5_000; ms += 100) book.add("a", "answered", 100_000 + ms);
  for (let ms = 0; ms < 500; ms += 10) book.add("b", "limited", 200_500 + ms);
  for (let ms = 0; ms < 500; ms += 10) book.add(undefined, "answered", 201_000 + ms);
  expect(book.highestPerSec).toBe(100);
  expect(book.runs).toEqual([
    { run: "a", answered: 50, limited: 0 },
    { run: "b", answered: 0, limited: 50 },
    { run: "untagged", answered: 50, limited: 0 },
  ]);
  for (let run = 0; run < 2_000; run++) book.add(`run-${run}`, "answered", 300_000);
  expect(book.runs.length).toBeLessThanOrEqual(1_001);
  expect(book.runs[0]?.run).toBe("others");
});

async function started(options: Partial<StubOptions> = {}): Promise<AsyncDisposable & { url: string; calls: StubCall[] }> {
  const calls: StubCall[] = [];
  const { server } = createStub({
    name: "lab",
    status: 200,
    body: '{"result":"negative"}',
    latency: lognormal(0, 0),
    limitPerSec: Number.POSITIVE_INFINITY,
    called: (call) => calls.push(call),
    ...options,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

describe("a stand-in", () => {
  it("answers anything, after its latency, and says whose calls it got", async () => {
    await using stub = await started({ status: 201, latency: lognormal(100, 0) });
    const begun = performance.now();
    const headers = { "x-synthetic-run": "20260101-a", "x-synthetic-user": "u1", "x-synthetic-purpose": "load" };
    const reply = await fetch(`${stub.url}/analyses?x=1`, { method: "POST", body: "sample", headers });
    expect(performance.now() - begun).toBeGreaterThan(90);
    expect([reply.status, reply.headers.get("content-type"), await reply.json()]).toEqual([
      201,
      "application/json",
      { result: "negative" },
    ]);
    await fetch(stub.url, { headers: { baggage: "a=b,synthetic.run=20260101-b" } });
    await fetch(stub.url, { headers: { "x-synthetic-run": 'no"run' } });
    expect(stub.calls[0]).toMatchObject({
      method: "POST",
      path: "/analyses?x=1",
      status: 201,
      run: "20260101-a",
      user: "u1",
      purpose: "load",
    });
    expect(stub.calls.map(({ run }) => run)).toEqual(["20260101-a", "20260101-b", null]);
    expect(await (await fetch(`${stub.url}/__stub/stats`)).json()).toMatchObject({
      name: "lab",
      calls: 3,
      runs: expect.anything() as unknown,
    });
    const page = await (await fetch(`${stub.url}/__stub/metrics`)).text();
    expect(page).toContain('peakproof_stub_calls_total{stub="lab",run="20260101-a",outcome="answered"} 1');
  });

  it("refuses what is over its limit, and says when to come again", async () => {
    await using stub = await started({ limitPerSec: 2 });
    const replies = await Promise.all([1, 2, 3].map(() => fetch(stub.url)));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 429, 429]);
    expect(replies.find(({ status }) => status === 429)?.headers.get("retry-after")).toBe("1");
  });
});
