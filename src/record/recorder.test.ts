import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HistogramLogReader } from "hdr-histogram-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { Buckets } from "../measure/buckets.ts";
import { runIdPattern } from "../model/tags.ts";
import { readRecord } from "./reader.ts";
import { RunRecorder } from "./recorder.ts";
import { newRunId } from "./run-id.ts";

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), "peakproof-record-")), "run");
});
afterEach(() => rmSync(join(dir, ".."), { recursive: true }));

const run = recordOf().run;

function bucketsOf(...values: number[]): Buckets {
  const buckets = new Buckets();
  for (const value of values) buckets.record(value);
  return buckets;
}

function writeRun(): RunRecorder {
  const recorder = new RunRecorder(dir, run);
  recorder.event({ t: 10.4, event: "step-start", step: 0 });
  recorder.vital({ t: 1_000_000, source: "host", signal: "busy.share", value: 0.123456789 });
  recorder.histogram("s0.scan.response.ok", 0, 1_000_000, bucketsOf(1_000, 2_000, 3_000));
  recorder.histogram("s0.report.response.rejected", 0, 1_000_000, bucketsOf(50_000));
  recorder.histogram("s0.*.tls.*", 0, 1_000_000, bucketsOf(4_000, 5_000));
  recorder.histogram("second", 0, 1_000_000, bucketsOf(1_000));
  recorder.close();
  return recorder;
}

describe("a run record", () => {
  it("is read back as it was written, with histograms under every tag they count for", async () => {
    writeRun();
    const record = await readRecord(dir);
    expect(record.run).toEqual(run);
    expect(record.events).toEqual([{ t: 10, event: "step-start", step: 0 }]);
    expect(record.vitals[0]?.value).toBe(0.123457);
    expect(record.latency.get("s0.scan.response.ok")?.count).toBe(3);
    expect(record.latency.get("s0.*.response.*")?.count).toBe(4);
    expect(record.latency.get("s0.*.response.ok")?.percentile(50)).toBe(2_000);
    expect(record.latency.get("s0.*.tls.*")?.count).toBe(2);
    expect(record.latency.has("second")).toBe(false);
    expect(record.problems).toEqual([]);
  });

  it("keeps latencies in a log that HdrHistogram's own reader takes", () => {
    writeRun();
    const reader = new HistogramLogReader(readFileSync(join(dir, "latency.hlog"), "utf8"));
    const histogram = reader.nextIntervalHistogram();
    expect(histogram?.tag).toBe("s0.scan.response.ok");
    expect(histogram?.totalCount).toBe(3);
    expect(histogram?.getValueAtPercentile(50)).toBe(2_000);
  });

  it("keeps no secret that a warning quotes", async () => {
    const recorder = new RunRecorder(dir, run);
    recorder.event({ t: 1, event: "warning", text: "cannot read http://admin:hunter22@127.0.0.1/metrics" });
    recorder.close();
    const { events } = await readRecord(dir);
    expect(events).toEqual([{ t: 1, event: "warning", text: "cannot read http://[redacted]@127.0.0.1/metrics" }]);
  });

  it("names what is torn, missing or of another version, and reads the rest", async () => {
    writeRun();
    appendFileSync(join(dir, "latency.hlog"), "Tag=s0.scan.lag.ok,0.0,1.0,0.1,HISTFAAA");
    appendFileSync(join(dir, "events.ndjson"), '{"t":5,"ev');
    unlinkSync(join(dir, "vitals.ndjson"));
    writeFileSync(join(dir, "verdict.json"), '{"schema":"peakproof.verdict/9"}');
    writeFileSync(join(dir, "cleanup.json"), "{");
    const record = await readRecord(dir);
    expect(record.latency.get("s0.scan.response.ok")?.count).toBe(3);
    expect(record.problems.map(({ file }) => file).toSorted()).toEqual([
      "cleanup.json",
      "events.ndjson",
      "latency.hlog",
      "verdict.json",
      "vitals.ndjson",
    ]);
  });

  it.each([
    ["a folder that holds no run", () => undefined, "is not a run directory"],
    ["a run of another schema", () => writeFileSync(join(dir, "run.json"), '{"schema":"peakproof.run/9"}'), "another schema"],
    [
      "a run of our schema that says nothing",
      () => writeFileSync(join(dir, "run.json"), '{"schema":"peakproof.run/1"}'),
      "lacks",
    ],
    ["a run.json that is no JSON", () => writeFileSync(join(dir, "run.json"), "nonsense"), "cannot read"],
  ])("refuses %s", async (_, spoil, message) => {
    writeRun();
    unlinkSync(join(dir, "run.json"));
    spoil();
    await expect(readRecord(dir)).rejects.toThrow(message);
  });

  it("refuses a folder that holds a run already, and a disk that is full", () => {
    writeRun();
    expect(() => new RunRecorder(dir, run)).toThrow("already holds a run");
    expect(() => new RunRecorder("/dev/full/run", run)).toThrow("cannot write");
  });
});

it("never leaves a part of a file where a whole one was, however little room the disk has", () => {
  const path = join(dir, "..", "whole.json");
  const script = `import { writeWhole } from ${JSON.stringify(new URL("./files.ts", import.meta.url).href)};
    writeWhole(${JSON.stringify(path)}, "small");
    try { writeWhole(${JSON.stringify(path)}, "x".repeat(20_000)); } catch (fault) { process.stdout.write(fault.kind); }`;
  const limited = `ulimit -f 8; trap '' XFSZ; exec "$0" --input-type=module --eval "$1"`;
  expect(execFileSync("bash", ["-c", limited, process.execPath, script], { encoding: "utf8" })).toBe("disk");
  expect(readFileSync(path, "utf8")).toBe("small");
  expect(existsSync(`${path}.tmp`)).toBe(false);
});

it("names runs by their time first, within the pattern that is safe everywhere", () => {
  const id = newRunId(new Date("2026-11-21T01:42:33Z"));
  expect(id).toMatch(runIdPattern);
  expect(id).toMatch(/^20261121-014233-[0-9a-f]{8}$/);
});
