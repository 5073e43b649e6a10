/** What can be sampled on this machine, in sentences that preflight and the docs may print. */
import { readText } from "./proc-files.ts";
import { parseSchedstat } from "./procfs.ts";

export interface VitalsPlatform {
  /** False: no sample of processes, threads and host at all. Load, and the scrape of a metrics page, go on without. */
  readonly available: boolean;
  /** Thread times come in nanoseconds, with run-queue wait; false: in ticks of 10 ms, without. */
  readonly exactThreadTimes: boolean;
  /** One each for what is missing and what that means; empty where everything is there. */
  readonly sentences: readonly string[];
}

/** This machine. `platform` and `read` are parameters so that other machines can be described in a test. */
export function vitalsPlatform(
  platform: string = process.platform,
  read: (path: string) => string | null = readText,
): VitalsPlatform {
  if (platform !== "linux") return unavailable(`vitals need Linux: this is ${platform}`);
  if (read("/proc/self/stat") === null) return unavailable("vitals need /proc, which cannot be read here");
  // A kernel without SCHED_INFO prints zeros; a Node process that has come this far has run for longer than one tick.
  const exactThreadTimes = (parseSchedstat(read("/proc/self/schedstat") ?? "")?.cpuUs ?? 0) > 0;
  const sentences: string[] = [];
  if (!exactThreadTimes)
    sentences.push("this kernel has no schedstat: thread CPU is known to 1 % only, run-queue wait not at all");
  if (read("/proc/pressure/cpu") === null)
    sentences.push("this kernel has no pressure figures (PSI; boot with psi=1): CPU pressure is not sampled");
  return { available: true, exactThreadTimes, sentences };
}

function unavailable(reason: string): VitalsPlatform {
  const sentence = `${reason}; load runs, but CPU, memory, descriptors and listen queues are not sampled, so most causes cannot be told`;
  return { available: false, exactThreadTimes: false, sentences: [sentence] };
}
