/**
 * A seeded simulation of a generator, a gateway limit, service threads (each a FIFO queue on one core: Lindley's recursion),
 * a laboratory and connection slots: what `record-builder` folds into a run record.
 */
import { unit } from "../src/model/random.ts";
import type { OperationPlan, StepPlan, StepRole } from "../src/model/plan.ts";
import type { Outcome, StepRecord, Tally } from "../src/model/run.ts";

/** What the simulated world is like. Rates are per second, durations as their names say. */
export interface World {
  readonly seed: number;
  /** Relative jitter of every sample: 0 none, 0.05 small, 0.3 large. */
  readonly noise: number;
  readonly peakRatePerSec: number;
  readonly multiples: readonly number[];
  readonly holdSec: number;
  readonly warmupSec: number;
  readonly operations: readonly OperationPlan[];
  readonly budgets: readonly string[];
  /** Requests per second that one service thread can do on one core of its own. */
  readonly capacityPerSec: number;
  /** Service workers, each a process with one hot thread; arrivals are spread over them at random. */
  readonly threads: number;
  /** Cores of the machine. */
  readonly cores: number;
  /** Share of the time that a busy service thread waits for a core; its own CPU shrinks by it. */
  readonly runQueueWaitShare: number;
  /** CPU that processes outside the test burn, cores. */
  readonly neighbourCores: number;
  readonly stealShare: number;
  /** The gateway answers 429 beyond this rate. */
  readonly quotaPerSec: number;
  /** Latency of the laboratory, called by each `report`; a function of the multiple where its own limit shows. */
  readonly labLatencyUs: number | ((multiple: number) => number);
  /** Rate at which queued writes are worked off; the depth grows by what comes in above it. */
  readonly queueDrainPerSec: number;
  readonly queueCapacity: number;
  /** Requests per second that the generator itself can dispatch. */
  readonly generatorCapacityPerSec: number;
  readonly maxConnections: number;
  readonly deadlineUs: number;
  /** Share of the replies that are `status:404`, from the first step on. */
  readonly wrongShare: number;
  /** Factor on the service time in the repeat of the base step. */
  readonly driftFactor: number;
}

/** A run in which nothing is wrong: one thread good for 5,000/s is asked for at most 1,000/s. */
export const healthyWorld: World = {
  seed: 1,
  noise: 0.05,
  peakRatePerSec: 200,
  multiples: [1, 2, 3, 5],
  holdSec: 12,
  warmupSec: 2,
  operations: [
    { name: "scan", kind: "read", weight: 9 },
    { name: "report", kind: "write", weight: 1 },
  ],
  budgets: ["scan response p99 <= 200ms up to 3x", "errors <= 0.1% up to 3x"],
  capacityPerSec: 5_000,
  threads: 1,
  cores: 4,
  runQueueWaitShare: 0,
  neighbourCores: 0,
  stealShare: 0,
  quotaPerSec: Infinity,
  labLatencyUs: 5_000,
  queueDrainPerSec: Infinity,
  queueCapacity: 20_000,
  generatorCapacityPerSec: 50_000,
  maxConnections: 2_000,
  deadlineUs: 10_000_000,
  wrongShare: 0,
  driftFactor: 1,
};

/** One simulated request; times are microseconds since the run's start. */
export interface Simulated {
  readonly step: number;
  readonly operation: OperationPlan;
  readonly dueUs: number;
  readonly dispatchedUs: number;
  /** Null: never sent. */
  readonly sentUs: number | null;
  readonly settledUs: number;
  /** Null: never answered. */
  readonly status: number | null;
  readonly key: string | null;
  readonly outcome: Outcome;
  /** What its reply's Server-Timing says, microseconds per entry. */
  readonly timing: Readonly<Record<string, number>>;
}

/** What is known per second besides the requests. */
export interface Simulation {
  readonly requests: readonly Simulated[];
  /** Core-seconds of each service thread in each second, by `second * threads + thread`. */
  readonly busy: ReadonlyMap<number, number>;
  /** How long a request of the trivial lane queues in each second, microseconds. */
  readonly laneWaitUs: ReadonlyMap<number, number>;
  readonly steps: readonly StepRecord[];
}

/** Warm-up at the top rate, the steps, and the base step once more. */
export function stepsOf(world: World): StepPlan[] {
  const base = Math.min(...world.multiples);
  const plan: [StepRole, number, number][] = [
    ...(world.warmupSec > 0 ? [["warmup", Math.max(...world.multiples), world.warmupSec] as [StepRole, number, number]] : []),
    ...world.multiples.map((multiple): [StepRole, number, number] => ["step", multiple, world.holdSec]),
    ["repeat", base, world.holdSec],
  ];
  return plan.map(([role, multiple, sec], index) => ({
    index,
    role,
    multiple,
    ratePerSec: world.peakRatePerSec * multiple,
    holdUs: sec * 1e6,
  }));
}

/** All requests of all steps, in the order of their due times within a step. */
export function simulate(world: World, plan: readonly StepPlan[]): Simulation {
  const requests: Simulated[] = [];
  const busy = new Map<number, number>();
  const laneWaitUs = new Map<number, number>();
  const steps: StepRecord[] = [];
  let startUs = 500_000;
  for (const step of plan) {
    const own = simulateStep(world, step, startUs, busy, laneWaitUs);
    for (const request of own) requests.push(request);
    const endUs = startUs + step.holdUs;
    const settledUs = own.reduce((latest, request) => Math.max(latest, request.settledUs), endUs);
    steps.push({ ...step, startUs, endUs, drainedUs: settledUs + 100_000, tally: tallyOf(world.operations, own) });
    startUs = settledUs + 1_300_000;
  }
  return { requests, busy, laneWaitUs, steps };
}

/** All requests of one step. Every queue is empty at its start, since the step before was drained. */
function simulateStep(
  world: World,
  step: StepPlan,
  startUs: number,
  busy: Map<number, number>,
  laneWaitUs: Map<number, number>,
): Simulated[] {
  const found: Simulated[] = [];
  const freeUs = Array.from({ length: world.threads }, () => startUs);
  const accepted = new Map<number, number>();
  const slots = new ConnectionSlots(world.maxConnections);
  let generatorFreeUs = startUs;
  let dueUs = startUs;
  for (let index = 0; ; index++) {
    const random = (stream: number): number => unit(world.seed + step.index, stream, index);
    dueUs += (-Math.log(1 - random(1)) * 1e6) / step.ratePerSec;
    if (dueUs >= startUs + step.holdUs) return found;
    const dispatchedUs = Math.max(dueUs + 200 * random(2), generatorFreeUs);
    generatorFreeUs = dispatchedUs + 1e6 / world.generatorCapacityPerSec;
    const sentUs = Math.max(dispatchedUs + 30, slots.nextFreeUs());
    const operation = pick(world.operations, random(3));
    const common = { step: step.index, operation, dueUs, dispatchedUs };
    if (sentUs - dueUs > world.deadlineUs) {
      const settledUs = dueUs + world.deadlineUs;
      found.push({ ...common, sentUs: null, settledUs, status: null, key: "unsent", outcome: "failed", timing: {} });
      continue;
    }
    const second = Math.floor(sentUs / 1e6);
    const taken = (accepted.get(second) ?? 0) + 1;
    accepted.set(second, taken);
    if (taken > world.quotaPerSec) {
      const settledUs = sentUs + 800 + 400 * random(4);
      slots.take(settledUs);
      found.push({ ...common, sentUs, settledUs, status: 429, key: "status:429", outcome: "rejected", timing: {} });
      continue;
    }
    const thread = Math.floor(random(5) * world.threads);
    const drift = step.role === "repeat" ? world.driftFactor : 1;
    const costUs = ((1e6 * drift) / world.capacityPerSec) * (0.5 + random(6));
    const waitUs = Math.max(0, (freeUs[thread] ?? 0) - sentUs);
    freeUs[thread] = sentUs + waitUs + costUs;
    const at = Math.floor((sentUs + waitUs) / 1e6) * world.threads + thread;
    busy.set(at, (busy.get(at) ?? 0) + costUs / 1e6);
    if (thread === 0) laneWaitUs.set(second, waitUs);
    const timing = timingOf(world, step.multiple, operation, waitUs);
    const jitter = 1 + world.noise * (2 * random(7) - 1);
    const reportedUs = Object.values(timing).reduce((sum, us) => sum + us, 0);
    const settledUs = sentUs + waitUs + (costUs + reportedUs + 300 * drift) * jitter;
    slots.take(Math.min(settledUs, dueUs + world.deadlineUs));
    if (settledUs - dueUs > world.deadlineUs) {
      const late = { sentUs, settledUs: dueUs + world.deadlineUs, status: null, key: "timeout:reading", timing: {} };
      found.push({ ...common, ...late, outcome: "failed" });
    } else if (random(8) < world.wrongShare) {
      found.push({ ...common, sentUs, settledUs, status: 404, key: "status:404", outcome: "failed", timing });
    } else found.push({ ...common, sentUs, settledUs, status: 200, key: null, outcome: "ok", timing });
  }
}

/** The connection cap: a request is sent once one of the connections is free. */
class ConnectionSlots {
  readonly #max: number;
  /** When each connection in use comes free, ascending. */
  readonly #freeUs: number[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  nextFreeUs(): number {
    return this.#freeUs.length < this.#max ? 0 : (this.#freeUs[0] ?? 0);
  }

  take(untilUs: number): void {
    if (this.#freeUs.length >= this.#max) this.#freeUs.shift();
    let at = this.#freeUs.length;
    while (at > 0 && (this.#freeUs[at - 1] ?? 0) > untilUs) at--;
    this.#freeUs.splice(at, 0, untilUs);
  }
}

/** A saturated event loop also delays the laboratory's answer, so the entry holds that wait: the confusion rules must survive. */
function timingOf(world: World, multiple: number, operation: OperationPlan, waitUs: number): Record<string, number> {
  if (operation.kind === "read") return { cache: 40, store: 120 };
  const labUs = typeof world.labLatencyUs === "number" ? world.labLatencyUs : world.labLatencyUs(multiple);
  return { queue: 60, lab: labUs + waitUs };
}

function pick(operations: readonly OperationPlan[], random: number): OperationPlan {
  const total = operations.reduce((sum, operation) => sum + operation.weight, 0);
  let left = random * total;
  for (const operation of operations) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  throw new RangeError("a world needs an operation with weight");
}

function tallyOf(operations: readonly OperationPlan[], requests: readonly Simulated[]): StepRecord["tally"] {
  const perOperation = operations.map(
    ({ name }) => [name, countsOf(requests.filter((request) => request.operation.name === name))] as const,
  );
  return { ...countsOf(requests), operations: Object.fromEntries(perOperation) };
}

function countsOf(requests: readonly Simulated[]): Tally {
  const count = (test: (request: Simulated) => boolean): number => requests.filter(test).length;
  const errors: Record<string, number> = {};
  for (const { key } of requests) if (key !== null) errors[key] = (errors[key] ?? 0) + 1;
  return {
    due: requests.length,
    dispatched: requests.length,
    sent: count((request) => request.sentUs !== null),
    done: count((request) => request.status !== null),
    ok: count((request) => request.outcome === "ok"),
    rejected: count((request) => request.outcome === "rejected"),
    failed: count((request) => request.outcome === "failed"),
    errors,
  };
}
