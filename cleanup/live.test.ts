import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { faultOf } from "../test/fault-of.ts";
import { RunLease } from "../src/record/run-lease.ts";
import { exampleRun } from "./example-run.ts";
import { refuseLiveRun } from "./live.ts";

const children: ChildProcess[] = [];
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-live-"));
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

/** A process that waits on its input, with the given words in its command line. */
async function waiting(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume(); console.log('up')", ...words], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  children.push(child);
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

const here = exampleRun().machine;
const ended = { atUs: 1, how: "finished", reason: null, fault: null } as const;
const elsewhere = (pid: number) => runOf(pid, { machine: { ...here, hostname: "elsewhere" } });
const runOf = (pid: number, given: Parameters<typeof exampleRun>[0] = {}) =>
  exampleRun({ pid, machine: { ...here, hostname: hostname() }, ...given });

it("refuses a run whose process is alive and ours, and says how to stop it", async () => {
  const pid = await waiting("peakproof", "run");
  expect(() => refuseLiveRun(runOf(pid), dir)).toThrow(`still going on in process ${pid}`);
});

it("lets a run pass that has ended, even if its process lives on", async () => {
  const pid = await waiting("peakproof");
  expect(() => refuseLiveRun(runOf(pid, { ended }), dir)).not.toThrow();
});

it("lets a run of another host pass whose record is silent: its process id means nothing here", async () => {
  const pid = await waiting("peakproof");
  expect(() => refuseLiveRun(elsewhere(pid), dir)).not.toThrow();
});

it.each(["run.json", "series.ndjson", "vitals.ndjson"])("refuses a run of another host whose %s grew a moment ago", (file) => {
  writeFileSync(join(dir, file), "{}");
  const nowMs = Date.now();
  utimesSync(join(dir, file), nowMs / 1_000, nowMs / 1_000 - 4);
  const fault = faultOf(() => refuseLiveRun(elsewhere(1), dir, nowMs));
  expect(fault).toMatchObject({ kind: "usage", message: expect.stringContaining("on host elsewhere") });
  expect(fault.detail.received).toContain("4 seconds ago");
  expect(fault.detail.fix).toContain("try again in 10 seconds");
  expect(() => refuseLiveRun(elsewhere(1), dir, nowMs + 7_000)).not.toThrow();
  expect(() => refuseLiveRun({ ...elsewhere(1), ended }, dir, nowMs)).not.toThrow();
});

it("lets a run that was killed here pass at once: its process says more than its record", async () => {
  writeFileSync(join(dir, "series.ndjson"), "{}");
  const pid = await waiting("unrelated");
  expect(() => refuseLiveRun(runOf(pid), dir)).not.toThrow();
});

it("lets a killed run pass whose process id belongs to something else by now", async () => {
  const pid = await waiting("unrelated");
  expect(() => refuseLiveRun(runOf(pid), dir)).not.toThrow();
  expect(() => refuseLiveRun(runOf(process.pid), dir)).not.toThrow();
});

it("lets a killed run pass whose process is gone", async () => {
  const pid = await waiting("peakproof");
  children[0]?.kill("SIGKILL");
  await once(children.splice(0)[0] ?? process, "exit");
  expect(() => refuseLiveRun(runOf(pid), dir)).not.toThrow();
});

it("goes by the lease of the run, and by that of a run whose canary it is", async () => {
  const canary = join(dir, "canary", "1");
  mkdirSync(canary, { recursive: true });
  const pid = await waiting("peakproof");
  {
    using _held = RunLease.take(dir, "cleanup");
    for (const folder of [dir, canary]) expect(() => refuseLiveRun(runOf(1, { ended }), folder)).toThrow("being cleaned up");
  }
  const left = RunLease.take(dir, "run");
  const path = join(dir, "lease.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), startTicks: "1" }));
  // Its number may be somebody else's by now, but the process that held the lease is gone.
  for (const folder of [dir, canary]) expect(() => refuseLiveRun(runOf(pid), folder)).not.toThrow();
  left[Symbol.dispose]();
});

it("is not fooled by a process id that is none", () => {
  for (const pid of [0, -1, 0.5, Number.NaN]) expect(() => refuseLiveRun(runOf(pid), dir)).not.toThrow();
});
