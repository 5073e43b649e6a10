/** `vitals.ndjson` of a simulated world, for `record-builder`: one sample of each signal a second. */
import { unit } from "../src/model/random.ts";
import { metricSignal, serverTimingSignal, signals, type VitalSample } from "../src/model/vitals.ts";
import type { Simulated, Simulation } from "./record-simulation.ts";
import type { World } from "./record-world.ts";

/** Process id of the n-th service worker; the primary has 4000. */
const workerPid = (thread: number): number => 4_001 + thread;

export function vitalsOf(world: World, simulation: Simulation): VitalSample[] {
  const bySecond = Map.groupBy(simulation.requests, (request) => Math.floor(request.settledUs / 1e6));
  const dispatched = Map.groupBy(simulation.requests, (request) => Math.floor(request.dispatchedUs / 1e6));
  const seconds = Math.ceil((simulation.steps.at(-1)?.drainedUs ?? 0) / 1e6);
  const samples: VitalSample[] = [];
  let depth = 0;
  for (let second = 0; second < seconds; second++) {
    const settled = bySecond.get(second) ?? [];
    const written = settled.filter((request) => request.outcome === "ok" && request.operation.kind === "write").length;
    depth = Math.max(0, depth + written - world.queueDrainPerSec);
    const put = putter(world, second, samples);
    const generatorCores = Math.min(1, 0.02 + (dispatched.get(second)?.length ?? 0) / world.generatorCapacityPerSec);
    const targetCores = putTarget(world, simulation, second, put);
    putGenerator(put, generatorCores);
    putHost(world, put, targetCores, generatorCores);
    putServerTiming(settled, put);
    put("app", metricSignal("health_code_queue_depth", {}), depth, Infinity);
    put("app", metricSignal("health_code_queue_capacity", {}), world.queueCapacity, Infinity, false);
    put("app", signals.scrapeUp, 1, 1, false);
  }
  return samples;
}

type Put = (source: string, signal: string, value: number, most: number, noisy?: boolean) => void;

function putter(world: World, second: number, samples: VitalSample[]): Put {
  return (source, signal, value, most, noisy = true) => {
    const jitter = noisy ? 1 + world.noise * (2 * unit(world.seed, 21, samples.length) - 1) : 1;
    samples.push({ t: (second + 1) * 1e6, source, signal, value: Math.min(most, value * jitter) });
  };
}

/** CPU of each service worker's hot thread, in cores, hottest first after it was put. */
function putTarget(world: World, simulation: Simulation, second: number, put: Put): number[] {
  const primary = 0.03;
  put("process/4000", signals.cpuCores, primary, world.cores);
  put("thread/4000/4000", signals.cpuCores, primary, 1);
  const hot = Array.from({ length: world.threads }, (_, thread) => {
    const demand = Math.min(1, simulation.busy.get(second * world.threads + thread) ?? 0);
    const pid = workerPid(thread);
    const cores = demand * (1 - world.runQueueWaitShare);
    put(`thread/${pid}/${pid}`, signals.cpuCores, cores, 1);
    put(`thread/${pid}/${pid}`, signals.runQueueWaitShare, 0.01 + demand * world.runQueueWaitShare, 1);
    put(`thread/${pid}/${pid + 100}`, signals.cpuCores, 0.01, 1);
    put(`process/${pid}`, signals.cpuCores, cores + 0.01, world.cores);
    put(`process/${pid}`, signals.alive, 1, 1, false);
    return cores + 0.01;
  });
  return [...hot.toSorted((a, b) => b - a), primary];
}

function putGenerator(put: Put, cores: number): void {
  put("generator/worker-0", signals.cpuCores, cores, 1);
  put("generator/worker-0", signals.eventLoopShare, cores, 1);
  put("generator/worker-0", signals.runQueueWaitShare, 0.01, 1);
  put("generator/main", signals.cpuCores, 0.02, 1);
}

/** The hottest thread on a core of its own, all else spread over the other cores. */
function putHost(world: World, put: Put, target: readonly number[], generatorCores: number): void {
  const all = [...target, generatorCores, world.neighbourCores].reduce((sum, cores) => sum + cores, 0);
  const first = Math.min(1, target[0] ?? 0);
  put("host", signals.busyShare, Math.min(1, all / world.cores), 1);
  put("host", signals.stealShare, world.stealShare, 1);
  for (let core = 0; core < world.cores; core++) {
    const others = Math.min(1, (all - first) / Math.max(1, world.cores - 1));
    put(`host/core-${core}`, signals.busyShare, core === 0 ? first : others, 1);
  }
}

function putServerTiming(settled: readonly Simulated[], put: Put): void {
  const answered = settled.filter((request) => Object.keys(request.timing).length > 0);
  for (const [operation, requests] of Map.groupBy(answered, (request) => request.operation.name)) {
    for (const entry of Object.keys(requests[0]?.timing ?? {})) {
      const mean = requests.reduce((sum, request) => sum + (request.timing[entry] ?? 0), 0) / requests.length;
      put(`operation/${operation}`, serverTimingSignal(entry, "mean.us"), mean, Infinity);
      put(`operation/${operation}`, serverTimingSignal(entry, "count"), requests.length, Infinity, false);
    }
  }
}
