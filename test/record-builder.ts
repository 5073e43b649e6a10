/**
 * Run records without a run: a simulated world folded into the same shapes that a real run writes.
 * For tests that judge or draw records. Nothing here waits, sends or reads a file.
 */
import { Buckets } from "../src/measure/buckets.ts";
import { clocks, type Clock } from "../src/model/budget.ts";
import type { RunEvent } from "../src/model/events.ts";
import { latencyTag, type RunRecord } from "../src/model/record.ts";
import { type Calibration, runSchema, type StepRecord } from "../src/model/run.ts";
import { putPhases } from "./record-phases.ts";
import { planOf, scheduleOf } from "./record-plan.ts";
import { seriesOf } from "./record-series.ts";
import { simulate, type Simulated } from "./record-simulation.ts";
import { vitalsOf } from "./record-vitals.ts";
import { healthyWorld, stepsOf, type World } from "./record-world.ts";

export type { World } from "./record-world.ts";

/** A finished run of a world that differs from the healthy one by `options`. */
export function recordOf(options: Partial<World> = {}): RunRecord {
  const world = { ...healthyWorld, ...options };
  const simulation = simulate(world, stepsOf(world));
  const endUs = simulation.steps.at(-1)?.drainedUs ?? 0;
  const latency = latencyOf(simulation.requests);
  putPhases(world, simulation, latency);
  const writes = simulation.requests.filter((request) => request.operation.kind === "write");
  const created = writes.filter((request) => request.outcome === "ok").length;
  return {
    dir: "runs/20260101-0000-test",
    run: {
      schema: runSchema,
      runId: "20260101-0000-test",
      version: "0.1.0",
      plan: planOf(world, stepsOf(world)),
      schedule: scheduleOf(simulation),
      labels: {},
      gitRevision: null,
      machine: {
        hostname: "test",
        platform: "linux",
        kernel: "6.18",
        cpuModel: "test cpu",
        cores: world.cores,
        memoryBytes: 8 * 2 ** 30,
        node: "v26.0.0",
      },
      pid: 3_000,
      startedAt: "2026-01-01T00:00:00.000Z",
      clockOffsetUs: {},
      target: { pids: Array.from({ length: world.threads + 1 }, (_, at) => 4_000 + at), found: "listening on port 8460" },
      steps: simulation.steps,
      totals: { load: { sent: simulation.requests.length, ok: simulation.requests.filter((r) => r.outcome === "ok").length } },
      validity: null,
      ...(world.calibrated ? { calibration: calibrationOf(world) } : {}),
      ended: { atUs: endUs, how: "finished", reason: null, fault: null },
    },
    series: seriesOf(world, simulation),
    vitals: vitalsOf(world, simulation),
    events: eventsOf(world, simulation.steps),
    latency,
    samples: [],
    journal: {
      files: 1,
      intents: writes.length,
      created,
      rejected: writes.filter((request) => request.outcome === "rejected").length,
      unsent: 0,
      unknown: 0,
      perOperation: { report: { intents: writes.length, created, unknown: 0 } },
      tornLines: 0,
    },
    verdict: null,
    cleanup: null,
    problems: [],
  };
}

/** Histograms for each step, operation (and `*`), clock and outcome (and `*`); latencies of what was never answered have none. */
function latencyOf(requests: readonly Simulated[]): Map<string, Buckets> {
  const latency = new Map<string, Buckets>();
  const bucketsOf = (tag: string): Buckets => {
    const buckets = latency.get(tag) ?? new Buckets();
    latency.set(tag, buckets);
    return buckets;
  };
  for (const alike of Map.groupBy(requests, (one) => `${one.step}.${one.operation.name}.${one.outcome}`).values()) {
    const [first] = alike;
    if (first === undefined) continue;
    for (const name of ["*", first.operation.name]) {
      for (const end of ["*", first.outcome] as const) {
        for (const clock of clocks) {
          const latenciesUs = alike.map((request) => clockUs(request, clock)).filter((us) => us !== null);
          if (latenciesUs.length === 0) continue;
          const buckets = bucketsOf(latencyTag(first.step, name, clock, end));
          for (const us of latenciesUs) buckets.record(us);
        }
      }
    }
  }
  return latency;
}

function clockUs({ dueUs, dispatchedUs, sentUs, settledUs, status }: Simulated, clock: Clock): number | null {
  if (clock === "lag") return dispatchedUs - dueUs;
  if (sentUs === null) return null;
  if (clock === "wait") return sentUs - dispatchedUs;
  if (status === null) return null;
  return clock === "service" ? settledUs - sentUs : settledUs - dueUs;
}

function calibrationOf({ generatorCapacityPerSec }: World): Calibration {
  const cpuUsPerRequest = 1e6 / generatorCapacityPerSec;
  return { cleanRatePerSec: 0.8 * generatorCapacityPerSec, cpuUsPerRequest, measuredAt: "2025-12-31T23:50:00.000Z" };
}

function eventsOf(world: World, steps: readonly StepRecord[]): RunEvent[] {
  const names = ["health-code primary", ...Array.from({ length: world.threads }, (_, at) => `health-code worker ${at + 1}`)];
  return [
    ...names.map((name, at): RunEvent => ({ t: 0, event: "process", process: { pid: 4_000 + at, name } })),
    ...steps.flatMap((step): RunEvent[] => [
      { t: step.startUs ?? 0, event: "step-start", step: step.index },
      { t: step.endUs ?? 0, event: "step-end", step: step.index },
      { t: step.drainedUs ?? 0, event: "drained", step: step.index, lanesSettled: true },
    ]),
  ];
}
