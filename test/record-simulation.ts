/**
 * A seeded simulation of a generator, a gateway limit, service threads (each a FIFO queue on one core: Lindley's recursion),
 * a laboratory and connection slots: what `record-builder` folds into a run record.
 */
import { unit } from "../src/model/random.ts";
import type { OperationPlan, StepPlan } from "../src/model/plan.ts";
import type { Outcome, StepRecord } from "../src/model/run.ts";
import { residenceOf, tallyOf } from "./record-tally.ts";
import type { World } from "./record-world.ts";

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

/** All requests of all steps, in the order of their due times within a step. */
export function simulate(world: World, plan: readonly StepPlan[]): Simulation {
  const requests: Simulated[] = [];
  const watch: Watch = { busy: new Map(), laneWaitUs: new Map() };
  const steps: StepRecord[] = [];
  let startUs = 500_000;
  let state = emptyState(world, startUs);
  let residenceUs = 0;
  for (const [at, step] of plan.entries()) {
    const before = steps.at(-1);
    if (step.follows === true && before !== undefined) startUs = before.endUs ?? startUs;
    else [state, residenceUs] = [emptyState(world, startUs), 0];
    const own = simulateStep({ world, step, startUs, state, watch });
    for (const request of own) requests.push(request);
    const endUs = startUs + step.holdUs;
    const settledUs = own.reduce((latest, request) => Math.max(latest, request.settledUs), endUs);
    residenceUs += residenceOf(own);
    const tally = tallyOf(world, step, own, plan[at + 1]?.follows === true ? null : residenceUs);
    steps.push({ ...step, startUs, endUs, drainedUs: settledUs + 100_000, tally });
    startUs = settledUs + 1_300_000;
  }
  return { requests, ...watch, steps };
}

/** What is noted second by second. */
interface Watch {
  readonly busy: Map<number, number>;
  readonly laneWaitUs: Map<number, number>;
}

/** Everything that is in use. Empty where a step begins after a pause, carried on where one follows another. */
interface State {
  readonly threadFreeUs: number[];
  readonly acceptedPerSecond: Map<number, number>;
  readonly slots: ConnectionSlots;
  generatorFreeUs: number;
}

function emptyState({ threads, maxConnections }: World, startUs: number): State {
  return {
    threadFreeUs: Array.from({ length: threads }, () => startUs),
    acceptedPerSecond: new Map(),
    slots: new ConnectionSlots(maxConnections),
    generatorFreeUs: startUs,
  };
}

interface StepRun {
  readonly world: World;
  readonly step: StepPlan;
  readonly startUs: number;
  readonly state: State;
  readonly watch: Watch;
}

function simulateStep(run: StepRun): Simulated[] {
  const { world, step, startUs, state } = run;
  const found: Simulated[] = [];
  let dueUs = startUs;
  for (let index = 0; ; index++) {
    const random = (stream: number): number => unit(world.seed + step.index, stream, index);
    dueUs += gapUs(step, dueUs - startUs, -Math.log(1 - random(1)));
    if (!(dueUs < startUs + step.holdUs)) return found;
    const dispatchedUs = Math.max(dueUs + 200 * random(2), state.generatorFreeUs);
    state.generatorFreeUs = dispatchedUs + 1e6 / world.generatorCapacityPerSec;
    const operation = pick(world.operations, random(3));
    found.push(simulateRequest(run, { step: step.index, operation, dueUs, dispatchedUs }, random));
  }
}

/** Time to the next arrival, from the one draw of unit mean; on a ramp the root of its rising or falling rate. NaN: there is none. */
function gapUs({ fromRatePerSec, ratePerSec, holdUs }: StepPlan, sinceUs: number, draw: number): number {
  if (fromRatePerSec === undefined || fromRatePerSec === ratePerSec) return (draw * 1e6) / ratePerSec;
  const slope = (ratePerSec - fromRatePerSec) / (holdUs / 1e6);
  const now = fromRatePerSec + slope * (sinceUs / 1e6);
  return ((Math.sqrt(now * now + 2 * slope * draw) - now) / slope) * 1e6;
}

type Arrival = Pick<Simulated, "step" | "operation" | "dueUs" | "dispatchedUs">;

function simulateRequest(
  { world, step, state, watch }: StepRun,
  arrival: Arrival,
  random: (stream: number) => number,
): Simulated {
  const { dueUs, dispatchedUs, operation } = arrival;
  const { slots, acceptedPerSecond, threadFreeUs } = state;
  const deadlineUs = dueUs + world.deadlineUs;
  const sentUs = Math.max(dispatchedUs + 30, slots.nextFreeUs());
  const lost = { ...arrival, settledUs: deadlineUs, status: null, outcome: "failed", timing: {} } as const;
  if (sentUs > deadlineUs) return { ...lost, sentUs: null, key: "unsent" };
  const second = Math.floor(sentUs / 1e6);
  const taken = (acceptedPerSecond.get(second) ?? 0) + 1;
  acceptedPerSecond.set(second, taken);
  if (taken > world.quotaPerSec) {
    const settledUs = sentUs + 800 + 400 * random(4);
    slots.take(settledUs);
    return { ...arrival, sentUs, settledUs, status: 429, key: "status:429", outcome: "rejected", timing: {} };
  }
  const thread = Math.floor(random(5) * world.threads);
  const drift = step.role === "repeat" ? world.driftFactor : 1;
  const costUs = ((1e6 * drift) / world.capacityPerSec) * (0.5 + random(6));
  const waitUs = Math.max(0, (threadFreeUs[thread] ?? 0) - sentUs);
  threadFreeUs[thread] = sentUs + waitUs + costUs;
  const at = Math.floor((sentUs + waitUs) / 1e6) * world.threads + thread;
  watch.busy.set(at, (watch.busy.get(at) ?? 0) + costUs / 1e6);
  if (thread === 0) watch.laneWaitUs.set(second, waitUs);
  const timing = timingOf(world, step.multiple, operation, waitUs);
  const jitter = 1 + world.noise * (2 * random(7) - 1);
  const reportedUs = Object.values(timing).reduce((sum, us) => sum + us, 0);
  const settledUs = sentUs + waitUs + (costUs + reportedUs + 300 * drift) * jitter;
  slots.take(Math.min(settledUs, deadlineUs));
  if (settledUs > deadlineUs) return { ...lost, sentUs, key: "timeout:reading" };
  const answered = { ...arrival, sentUs, settledUs, timing };
  if (random(8) < world.wrongShare) return { ...answered, status: 404, key: "status:404", outcome: "failed" };
  return { ...answered, status: 200, key: null, outcome: "ok" };
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
