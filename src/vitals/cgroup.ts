/** CPU quotas: how often the kernel stopped a process because its cgroup, or one above it, had used up its share of a period. */
import { signals } from "../model/vitals.ts";
import { readText } from "./proc-files.ts";
import { readingsOf, shareOf, type Reading } from "./reading.ts";

/** Groups above a process that may carry a quota; Kubernetes nests four to six deep. */
const maxDepth = 16;

/** Where a hierarchy that can hold CPU quotas is mounted, and which of its groups is seen there as the root. */
export interface CgroupMount {
  /** Version 2 has one hierarchy for all controllers. */
  readonly version: 1 | 2;
  readonly root: string;
  readonly point: string;
}

/** `/proc/self/mountinfo`: `36 35 0:30 <root> <point> <options> - <type> <source> <super options>` (proc(5)). */
export function parseCgroupMounts(text: string): CgroupMount[] {
  return text.split("\n").flatMap((line): CgroupMount[] => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "", point = ""] = left.split(" ");
    const [type = "", , options = ""] = right.split(" ");
    if (type === "cgroup2") return [{ version: 2, root, point }];
    return type === "cgroup" && options.split(",").includes("cpu") ? [{ version: 1, root, point }] : [];
  });
}

/** Directories of a process' group and of those above it, from `/proc/<pid>/cgroup` (`<id>:<controllers>:<path>`). */
export function groupDirectories(text: string, mounts: readonly CgroupMount[]): string[] {
  return text.split("\n").flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const version = controllers === "" ? 2 : 1;
    const mount = mounts.find((each) => each.version === version);
    const ours = version === 2 || controllers.split(",").includes("cpu");
    return mount === undefined || !ours || path === "" ? [] : upwards(mount, path);
  });
}

function upwards(mount: CgroupMount, path: string): string[] {
  const inside = mount.root !== "/" && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  const names = inside.split("/").filter((name) => name !== "" && name !== "..");
  const depth = Math.min(names.length, maxDepth);
  return Array.from({ length: depth + 1 }, (_, up) => [mount.point, ...names.slice(0, names.length - up)].join("/"));
}

/** Quota periods that have passed, and those in which the quota was used up. */
export interface QuotaCounters {
  readonly periods: number;
  readonly throttled: number;
}

/** `cpu.stat`, the same words in both versions. Zeros where the words are absent: the group has no CPU controller, so no quota. */
export function parseQuotaCounters(text: string): QuotaCounters {
  const valueOf = (word: string): number => Number(new RegExp(`^${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return { periods: valueOf("nr_periods"), throttled: valueOf("nr_throttled") };
}

export class QuotaSampler {
  readonly #mounts = parseCgroupMounts(readText("/proc/self/mountinfo") ?? "");
  #before: ReadonlyMap<string, QuotaCounters> = new Map();

  /**
   * For each source (`process/<pid>`, `generator`) and its process id, the worst of its group and those above; 0 where none has
   * a quota; nothing where no group can be seen from here, nor on a group's first sample.
   */
  sample(sources: ReadonlyMap<string, number>): Reading[] {
    const now = new Map<string, QuotaCounters>();
    const readings = [...sources].flatMap(([source, pid]) => {
      const directories = groupDirectories(readText(`/proc/${pid}/cgroup`) ?? "", this.#mounts);
      const shares = directories.flatMap((directory) => this.#share(directory, now));
      return readingsOf(source, { [signals.throttledShare]: shares.length === 0 ? null : Math.max(...shares) });
    });
    this.#before = now;
    return readings;
  }

  #share(directory: string, now: Map<string, QuotaCounters>): number[] {
    const counters = now.get(directory) ?? readQuotaCounters(directory);
    if (counters === null) return [];
    now.set(directory, counters);
    const before = this.#before.get(directory);
    return before === undefined ? [] : [shareOf(counters.throttled - before.throttled, counters.periods - before.periods)];
  }
}

function readQuotaCounters(directory: string): QuotaCounters | null {
  const text = readText(`${directory}/cpu.stat`);
  return text === null ? null : parseQuotaCounters(text);
}
