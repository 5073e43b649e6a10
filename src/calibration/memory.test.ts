import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunPlan } from "../model/plan.ts";
import type { Calibration } from "../model/run.ts";
import { recordOf } from "../../test/record-builder.ts";
import { CalibrationMemory, calibrationKey } from "./memory.ts";

const dayMs = 24 * 3_600_000;
const todayMs = Date.parse("2026-06-01T12:00:00Z");
const measured = (daysAgo: number): Calibration => ({
  cleanRatePerSec: 38_000,
  cpuUsPerRequest: 21.5,
  measuredAt: new Date(todayMs - daysAgo * dayMs).toISOString(),
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peakproof-memory-"));
  path = join(folder, "cache", "peakproof", "calibration.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const memory = (): CalibrationMemory => new CalibrationMemory(path, () => todayMs);

describe("a calibration", () => {
  it("is remembered by its key, beside others", () => {
    memory().keep("a", measured(0));
    memory().keep("b", measured(1));
    expect(memory().recall("a")).toEqual(measured(0));
    expect(memory().recall("b")).toEqual(measured(1));
    expect(memory().recall("c")).toBeNull();
  });

  it("counts for thirty days, and is forgotten then", () => {
    memory().keep("new", measured(29));
    memory().keep("old", measured(31));
    expect(memory().recall("new")).toEqual(measured(29));
    expect(memory().recall("old")).toBeNull();
    memory().keep("another", measured(0));
    expect(readFileSync(path, "utf8")).not.toContain('"old"');
  });

  it("does not count where it is of the future", () => {
    memory().keep("ahead", measured(-1));
    expect(memory().recall("ahead")).toBeNull();
  });

  it("is one of at most two hundred, the newest", () => {
    const entries = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`key ${at}`, measured(at / 10)]));
    memory().keep("first", measured(0));
    writeFileSync(path, JSON.stringify({ schema: "peakproof.calibration/1", entries }));
    memory().keep("new", measured(0));
    expect(Object.keys((JSON.parse(readFileSync(path, "utf8")) as { entries: object }).entries)).toHaveLength(200);
    expect(memory().recall("key 199")).toBeNull();
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["null", "null"],
    ["another schema", '{"schema":"peakproof.calibration/9","entries":{"a":{}}}'],
    ["entries that are none", '{"schema":"peakproof.calibration/1","entries":7}'],
    ["an entry that is none", '{"schema":"peakproof.calibration/1","entries":{"a":{"cleanRatePerSec":"many"},"b":null}}'],
  ])("is not there where the file holds %s, and is remembered again", (_, text) => {
    memory().keep("x", measured(0));
    writeFileSync(path, text);
    expect(memory().recall("a")).toBeNull();
    memory().keep("a", measured(0));
    expect(memory().recall("a")).toEqual(measured(0));
  });

  it("is refused where the file cannot be written", () => {
    writeFileSync(join(folder, "cache"), "a file where a folder should be");
    expect(() => memory().keep("a", measured(0))).toThrow(/EEXIST|ENOTDIR/);
    expect(memory().recall("a")).toBeNull();
    expect(existsSync(path)).toBe(false);
  });
});

describe("the key", () => {
  const { machine, plan } = recordOf({ multiples: [1], holdSec: 1 }).run;
  const key = (change: Partial<RunPlan> = {}, meanBytes = 400): string =>
    calibrationKey(machine, { ...plan, ...change }, meanBytes);

  it("is the same for another rate, another target and requests of about the same size", () => {
    expect(key({ peakRatePerSec: 9, target: "http://127.0.0.2" }, 500)).toBe(key());
  });

  it("differs by what changes the cost of a request", () => {
    const { connections } = plan;
    const https = { targets: ["https://health.example"] };
    const keys = [
      key(),
      key({ workers: 2 }),
      key({ precision: "spin" }),
      key({ scenario: { ...plan.scenario, hash: "another" } }),
      key({ connections: { ...connections, policy: "fresh" } }),
      key({ connections: { ...connections, protocol: "h2" } }),
      key(https),
      key({ ...https, connections: { ...connections, tls: { ...connections.tls, verify: false } } }),
      key({ ...https, connections: { ...connections, tls: { ...connections.tls, cert: "/client.pem" } } }),
      key({}, 5_000),
      calibrationKey({ ...machine, cores: 64 }, plan, 400),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
