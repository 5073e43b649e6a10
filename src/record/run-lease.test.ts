import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import { isKnownDead, refuseHeldRun, RunLease } from "./run-lease.ts";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "peakproof-run-lease-"));
  path = join(dir, "lease.json");
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Changes what a lease says of its holder, as if another one had made it. */
function edit(changes: object): void {
  const holder = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...holder, id: "another", ...changes }));
}

async function deadPid(): Promise<number> {
  const dead = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
  await once(dead, "exit");
  return dead.pid ?? 0;
}

it("lets one at a time be at work in a run folder, and names who is", () => {
  const first = RunLease.take(dir, "cleanup");
  const fault = faultOf(() => RunLease.take(dir, "cleanup"));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toMatch(
    new RegExp(`^the run is being cleaned up already, by .+@.+ \\(process ${process.pid}\\) since 20`),
  );
  expect(fault.detail.fix).toContain(`kill -INT ${process.pid}`);
  expect(() => refuseHeldRun(dir)).toThrow("being cleaned up");
  first[Symbol.dispose]();
  expect(existsSync(path)).toBe(false);
  using _second = RunLease.take(dir, "run");
  expect(() => RunLease.take(dir, "cleanup")).toThrow("the run is still going on");
});

it("takes over what a killed process has left, also where its number belongs to somebody else by now", async () => {
  for (const mark of [{ pid: await deadPid() }, { startTicks: "1" }]) {
    const left = RunLease.take(dir, "run");
    edit(mark);
    expect(isKnownDead(dir)).toBe(true);
    using _taken = RunLease.take(dir, "cleanup");
    left[Symbol.dispose]();
    expect(existsSync(path)).toBe(true);
  }
});

it.each([{ hostname: "elsewhere" }, { namespace: "pid:[1]" }])(
  "respects that of another place (%o) for as long as it gives a sign of life",
  async (place) => {
    using _left = RunLease.take(dir, "run");
    edit({ ...place, pid: await deadPid() });
    expect(faultOf(() => RunLease.take(dir, "cleanup")).detail.fix).toContain("try again in 10 seconds");
    expect(isKnownDead(dir)).toBe(false);
    const then = Date.now() / 1_000 - 11;
    utimesSync(path, then, then);
    expect(() => refuseHeldRun(dir)).not.toThrow();
    using _taken = RunLease.take(dir, "cleanup");
  },
);

it("cannot be taken in a folder that cannot be written to, which is a matter of the disk", () => {
  expect(faultOf(() => RunLease.take(join(dir, "nowhere"), "cleanup")).kind).toBe("disk");
});
