import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { afterEach, expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { refuseLiveRun } from "./live.ts";

const children: ChildProcess[] = [];
afterEach(async () => {
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
const runOf = (pid: number, given: Parameters<typeof exampleRun>[0] = {}) =>
  exampleRun({ pid, machine: { ...here, hostname: hostname() }, ...given });

it("refuses a run whose process is alive and ours, and says how to stop it", async () => {
  const pid = await waiting("peakproof", "run");
  expect(() => refuseLiveRun(runOf(pid))).toThrow(`still going on in process ${pid}`);
});

it("lets a run pass that has ended, even if its process lives on", async () => {
  const pid = await waiting("peakproof");
  expect(() => refuseLiveRun(runOf(pid, { ended: { atUs: 1, how: "finished", reason: null, fault: null } }))).not.toThrow();
});

it("lets a run of another host pass: its process id means nothing here", async () => {
  const pid = await waiting("peakproof");
  expect(() => refuseLiveRun(runOf(pid, { machine: { ...here, hostname: "elsewhere" } }))).not.toThrow();
});

it("lets a killed run pass whose process id belongs to something else by now", async () => {
  const pid = await waiting("unrelated");
  expect(() => refuseLiveRun(runOf(pid))).not.toThrow();
  expect(() => refuseLiveRun(runOf(process.pid))).not.toThrow();
});

it("lets a killed run pass whose process is gone", async () => {
  const pid = await waiting("peakproof");
  children[0]?.kill("SIGKILL");
  await once(children.splice(0)[0] ?? process, "exit");
  expect(() => refuseLiveRun(runOf(pid))).not.toThrow();
});

it("is not fooled by a process id that is none", () => {
  for (const pid of [0, -1, 0.5, Number.NaN]) expect(() => refuseLiveRun(runOf(pid))).not.toThrow();
});
