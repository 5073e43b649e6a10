import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { signals } from "../model/vitals.ts";
import { groupDirectories, parseCgroupMounts, parseQuotaCounters, QuotaSampler } from "./cgroup.ts";
import { burn, endChild, endChildren, startChild } from "./child.fixture.ts";
import { readText } from "./proc-files.ts";

afterEach(endChildren);

describe("where quotas are", () => {
  it("finds the group and those above it in version 2", () => {
    const mounts = parseCgroupMounts("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    expect(groupDirectories("0::/system.slice/app.service\n", mounts)).toEqual([
      "/sys/fs/cgroup/system.slice/app.service",
      "/sys/fs/cgroup/system.slice",
      "/sys/fs/cgroup",
    ]);
  });

  it("takes the cpu hierarchy of version 1 and no other", () => {
    const mounts = parseCgroupMounts(
      "31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
    );
    expect(groupDirectories("4:memory:/m\n3:cpu,cpuacct:/app\n", mounts)).toEqual([
      "/sys/fs/cgroup/cpu,cpuacct/app",
      "/sys/fs/cgroup/cpu,cpuacct",
    ]);
  });

  it("takes a container's own group for the root where that is what is mounted", () => {
    const mounts = parseCgroupMounts("32 30 0:28 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    expect(groupDirectories("3:cpu:/docker/abc\n", mounts)).toEqual(["/sys/fs/cgroup/cpu"]);
  });

  it("stays below the mount whatever a path says", () => {
    const mounts = [{ version: 2, root: "/", point: "/sys/fs/cgroup" }] as const;
    expect(groupDirectories("0::/../../etc\n", mounts)).toEqual(["/sys/fs/cgroup/etc", "/sys/fs/cgroup"]);
    expect(groupDirectories(`0::${"/x".repeat(500)}\n`, mounts)).toHaveLength(17);
    expect(groupDirectories("nonsense", mounts)).toEqual([]);
  });

  it("reads the counters of both versions, and zeros where there is no CPU controller", () => {
    expect(parseQuotaCounters("nr_periods 49\nnr_throttled 42\nthrottled_time 3\n")).toEqual({ periods: 49, throttled: 42 });
    expect(parseQuotaCounters("usage_usec 9\nnr_periods 5\nnr_throttled 1\nthrottled_usec 3\n")).toEqual({
      periods: 5,
      throttled: 1,
    });
    expect(parseQuotaCounters("usage_usec 9\n")).toEqual({ periods: 0, throttled: 0 });
  });
});

const group = `/sys/fs/cgroup/cpu/peakproof-test-${process.pid}`;
const canLimit = ((): boolean => {
  try {
    accessSync("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();

it.runIf(canLimit)("sees a process stopped by its quota in most periods (needs root and cgroup version 1)", async () => {
  mkdirSync(group);
  const { pid, process: child } = await startChild(`process.send("ready"); setImmediate(() => ${burn(3_000)});`);
  try {
    writeFileSync(`${group}/cpu.cfs_quota_us`, "20000");
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    const sampler = new QuotaSampler();
    const sources = new Map([["process/1", pid]]);
    sampler.sample(sources);
    await sleep(700);
    expect(readText(`/proc/${pid}/cgroup`)).toContain("peakproof-test");
    const [reading] = sampler.sample(sources);
    expect(reading).toMatchObject({ source: "process/1", signal: signals.throttledShare });
    expect(reading?.value).toBeGreaterThan(0.5);
  } finally {
    await endChild(child);
    rmdirSync(group);
  }
});

it("says nothing of a process that is not there", () => {
  const sampler = new QuotaSampler();
  const sources = new Map([["process/1", 2 ** 22 + 1]]);
  sampler.sample(sources);
  expect(sampler.sample(sources)).toEqual([]);
});
