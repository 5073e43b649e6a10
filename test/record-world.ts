/** The world that `record-simulation` simulates, and the course of load that it is put under. */
import type { JourneyPlan, OperationPlan, StepPlan } from "../src/model/plan.ts";

/** What the simulated world is like. Rates are per second, durations as their names say. */
export interface World {
  readonly seed: number;
  /** Relative jitter of every sample: 0 none, 0.05 small, 0.3 large. */
  readonly noise: number;
  readonly peakRatePerSec: number;
  readonly multiples: readonly number[];
  readonly holdSec: number;
  /** Ramps and holds instead of `multiples`; empty: none. */
  readonly stages: readonly StageOfWorld[];
  readonly warmupSec: number;
  readonly operations: readonly OperationPlan[];
  /** They are counted, and send nothing: their requests are among the operations'. */
  readonly journeys: readonly JourneyPlan[];
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
  /** How often a client tries again after a refusal. Counted, without load on the target. */
  readonly retries: number;
  /** The target has a name and a certificate. */
  readonly https: boolean;
  /** The generator was tried before the run. */
  readonly calibrated: boolean;
}

/** First the ramp, then the hold. */
interface StageOfWorld {
  readonly multiple: number;
  readonly rampSec: number;
  readonly holdSec: number;
}

/** A run in which nothing is wrong: one thread good for 5,000/s is asked for at most 1,000/s. */
export const healthyWorld: World = {
  seed: 1,
  noise: 0.05,
  peakRatePerSec: 200,
  multiples: [1, 2, 3, 5],
  holdSec: 12,
  stages: [],
  warmupSec: 2,
  operations: [
    { name: "scan", kind: "read", weight: 9 },
    { name: "report", kind: "write", weight: 1 },
  ],
  journeys: [],
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
  retries: 0,
  https: false,
  calibrated: false,
};

/** Warm-up at the top rate, then the stages, or the multiples and the base step once more. */
export function stepsOf(world: World): StepPlan[] {
  const parts = world.stages.length > 0 ? stageParts(world) : multipleParts(world);
  const top = Math.max(...parts.map(({ multiple }) => multiple));
  const warmup: StepPart[] = world.warmupSec > 0 ? [{ role: "warmup", multiple: top, sec: world.warmupSec }] : [];
  return [...warmup, ...parts].map((part, index) => stepOf(part, index, world.peakRatePerSec));
}

function stepOf({ sec, fromMultiple, ...step }: StepPart, index: number, peakRatePerSec: number): StepPlan {
  return {
    ...step,
    index,
    ratePerSec: peakRatePerSec * step.multiple,
    holdUs: sec * 1e6,
    ...(fromMultiple === undefined ? {} : { fromRatePerSec: peakRatePerSec * fromMultiple }),
  };
}

interface StepPart extends Pick<StepPlan, "role" | "multiple" | "follows"> {
  readonly sec: number;
  readonly fromMultiple?: number;
}

function multipleParts({ multiples, holdSec: sec }: World): StepPart[] {
  return [
    ...multiples.map((multiple): StepPart => ({ role: "step", multiple, sec })),
    { role: "repeat", multiple: Math.min(...multiples), sec },
  ];
}

function stageParts({ stages }: World): StepPart[] {
  const [first, ...others] = stages
    .flatMap(({ multiple, rampSec, holdSec }, at): StepPart[] => [
      { role: "ramp", multiple, sec: rampSec, fromMultiple: stages[at - 1]?.multiple ?? 0 },
      { role: "step", multiple, sec: holdSec },
    ])
    .filter(({ sec }) => sec > 0);
  const following = others.map((part) => Object.assign(part, { follows: true } as const));
  return first === undefined ? following : [first, ...following];
}
