import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { signals, type ProcessFacts, type VitalSample } from "../model/vitals.ts";
import { burn, endChildren, startChild } from "./child.fixture.ts";
import { threadIdOf } from "./proc-files.ts";
import { nextSampleUs, sampleEveryUs, VitalsSampler, type VitalsOptions } from "./sampler.ts";

afterEach(endChildren);

interface Run {
  readonly samples: VitalSample[];
  readonly facts: ProcessFacts[];
  readonly warnings: string[];
  readonly sampler: VitalsSampler;
}

/** The clock begins shortly before half a second, so that the second sample, at 1 s, comes soon. */
const beginUs = 490_000;

function samplerOf(options: Partial<VitalsOptions>): Run {
  const startMs = performance.now();
  const [samples, facts, warnings]: [VitalSample[], ProcessFacts[], string[]] = [[], [], []];
  const sampler = new VitalsSampler({
    pids: [],
    scrapeUrl: null,
    tags: {},
    generatorThreads: () => new Map([["main", threadIdOf() ?? 0]]),
    nowUs: () => beginUs + (performance.now() - startMs) * 1_000,
    emit: (sample) => samples.push(sample),
    process: (fact) => facts.push(fact),
    warn: (text) => warnings.push(text),
    ...options,
  });
  return { samples, facts, warnings, sampler };
}

describe("the vitals of a run", () => {
  it("come once a second from target, host, generator and metrics page", async () => {
    const server = createServer((_, response) => void response.end("queue_depth 7\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { pid } = await startChild(`process.send("ready"); setImmediate(() => ${burn(3_000)});`);
    const scrapeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const { sampler, samples, facts, warnings } = samplerOf({ pids: [pid], scrapeUrl });
    sampler.start();
    await sleep(1_700);
    await sampler.stop();
    server.closeAllConnections();
    server.close();
    const [first, second, third] = [...new Set(samples.map(({ t }) => t))].map((t) => t / sampleEveryUs);
    expect(first).toBeLessThan(0.6);
    expect(second).toBeGreaterThanOrEqual(1);
    expect(second).toBeLessThan(1.5);
    expect(third).toBeGreaterThanOrEqual(2);
    expect(third).toBeLessThan(2.5);
    const last = (source: string, signal: string): number =>
      samples.findLast((sample) => sample.source === source && sample.signal === signal)?.value ?? NaN;
    expect(last(`thread/${pid}/${pid}`, signals.cpuCores)).toBeGreaterThan(0.1);
    expect(last(`process/${pid}`, signals.alive)).toBe(1);
    expect(last("generator/main", signals.cpuCores)).toBeLessThan(0.5);
    expect(last("host", signals.busyShare)).toBeGreaterThan(0);
    expect(last("host", signals.listenOverflowsCount)).toBeGreaterThanOrEqual(0);
    expect(last("app", "metric:queue_depth")).toBe(7);
    expect(samples.every(({ value }) => Number.isFinite(value))).toBe(true);
    expect(samples.some(({ source }) => source === `process/${process.pid}`)).toBe(false);
    expect(facts[0]?.pid).toBe(pid);
    expect(warnings).toEqual([]);
  });

  it("end with stop", async () => {
    const { sampler, samples } = samplerOf({});
    sampler.start();
    await sampler.stop();
    const emitted = samples.length;
    await sleep(700);
    expect(samples).toHaveLength(emitted);
  });

  it("leave a second out, and say so, where our own thread was late", async () => {
    const { sampler, samples } = samplerOf({});
    sampler.start();
    const end = performance.now() + 1_100;
    while (performance.now() < end);
    await sleep(20);
    await sampler.stop();
    const skipped = samples.find(({ signal }) => signal === signals.vitalsSkippedCount);
    expect(skipped?.source).toBe("generator/main");
    expect(skipped?.value).toBeGreaterThanOrEqual(1);
    expect(new Set(samples.map(({ t }) => t)).size).toBe(2);
  });

  it("are not taken off Linux: one sentence, no sample", async () => {
    const platform = { available: false, exactThreadTimes: false, sentences: ["vitals need Linux: this is plan9"] };
    const { sampler, samples, warnings } = samplerOf({ platform });
    sampler.start();
    await sampler.stop();
    expect(samples).toEqual([]);
    expect(warnings).toEqual(platform.sentences);
  });

  it("say once that the metrics page cannot be had", async () => {
    const server = createServer((_, response) => void response.writeHead(404).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { sampler, samples, warnings } = samplerOf({
      scrapeUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    });
    sampler.start();
    await sleep(700);
    await sampler.stop();
    server.closeAllConnections();
    server.close();
    expect(warnings).toEqual(["the metrics page answered status 404"]);
    expect(samples.filter(({ signal }) => signal === signals.scrapeUp).map(({ value }) => value)).toEqual([0, 0]);
  });
});

it("samples at whole seconds, between half a second and one and a half from now", () => {
  fc.assert(
    fc.property(fc.integer({ min: -5_000_000, max: 4_000_000_000_000 }), (nowUs) => {
      const ahead = nextSampleUs(nowUs) - nowUs;
      expect(Math.abs(nextSampleUs(nowUs) % sampleEveryUs)).toBe(0);
      expect(ahead).toBeGreaterThanOrEqual(sampleEveryUs / 2);
      expect(ahead).toBeLessThan(sampleEveryUs * 1.5);
    }),
  );
});
