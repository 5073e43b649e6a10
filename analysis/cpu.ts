/** Who used the processor during a step, as seen from outside the target. */
import { signals } from "../src/model/vitals.ts";
import { meanVital, type StepView } from "./steps.ts";
import type { View } from "./view.ts";

/** One thread of the target over a step. */
export interface ThreadLoad {
  /** `thread/<pid>/<tid>`. */
  readonly source: string;
  /** Of its process, for people. */
  readonly name: string;
  /** Time on a core, in cores. */
  readonly cores: number;
  /** Time it was runnable and waited for a core, share. */
  readonly waitShare: number;
  /** What it would have used on an idle machine: cores + waitShare, at most 1. */
  readonly demand: number;
}

/** The target's threads, the one with the highest demand first; empty where none was sampled. */
export function targetThreads(view: View, step: StepView): ThreadLoad[] {
  const threads = [...step.vitals.keys()].flatMap((source): ThreadLoad[] => {
    const pid = /^thread\/(\d+)\/\d+$/.exec(source)?.[1];
    const cores = meanVital(step, source, signals.cpuCores);
    if (pid === undefined || Number(pid) === view.record.run.pid || cores === null) return [];
    const waitShare = meanVital(step, source, signals.runQueueWaitShare) ?? 0;
    return [{ source, name: processName(view, Number(pid)), cores, waitShare, demand: Math.min(1, cores + waitShare) }];
  });
  return threads.toSorted((a, b) => b.demand - a.demand);
}

/** A process as people know it: its command line where an event told, else its number. */
function processName(view: View, pid: number): string {
  for (const event of view.record.events) if (event.event === "process" && event.process?.pid === pid) return event.process.name;
  return `process ${pid}`;
}

/** Processor use of the whole machine over a step, in cores, and whose it was. */
export interface HostLoad {
  readonly cores: number;
  readonly busyCores: number;
  readonly targetCores: number;
  readonly generatorCores: number;
  /** What neither the target nor the generator used. */
  readonly foreignCores: number;
}

/** Null where the host was not sampled. Processes of the target that were not sampled count as foreign. */
export function hostLoad(view: View, step: StepView): HostLoad | null {
  const busyShare = meanVital(step, "host", signals.busyShare);
  if (busyShare === null) return null;
  const cores = Math.max(1, view.record.run.machine.cores);
  const targetCores = sumOf(step, (source) => source.startsWith("process/") && source !== `process/${view.record.run.pid}`);
  const generatorCores =
    meanVital(step, "generator", signals.cpuCores) ?? sumOf(step, (source) => source.startsWith("generator/"));
  const busyCores = busyShare * cores;
  const foreignCores = Math.max(0, busyCores - targetCores - generatorCores);
  return { cores, busyCores, targetCores, generatorCores, foreignCores };
}

function sumOf(step: StepView, wanted: (source: string) => boolean): number {
  const sources = [...step.vitals.keys()].filter(wanted);
  return sources.reduce((sum, source) => sum + (meanVital(step, source, signals.cpuCores) ?? 0), 0);
}
