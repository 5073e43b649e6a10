/**
 * One round of an open loop of writes with engine, sender and transport as in a run:
 * `node journal-round.ts <origin> <writes/s> <seconds> [path of a journal]`; without a path nothing is journaled. Prints a `Round`.
 */
import { citizens } from "../generators/index.ts";
import { Engine } from "../src/load/engine.ts";
import { RequestBuilder } from "../src/load/requests.ts";
import { Sender } from "../src/load/sender.ts";
import { monotonicUs } from "../src/measure/clock.ts";
import { SecondMeter } from "../src/measure/second-meter.ts";
import { plainNetwork, type RunPlan, type StepPlan } from "../src/model/plan.ts";
import type { Operation, ScenarioInput } from "../src/model/scenario.ts";
import { Journal } from "../src/record/journal.ts";

/** What one round came to, its warm-up left out. CPU is in cores: the load thread's own, and with it that of the pool's threads. */
export interface Round {
  readonly threadCores: number;
  readonly processCores: number;
  readonly lagP50Us: number;
  readonly lagP99Us: number;
  readonly ok: number;
}

const [target = "", ratePerSec = "5000", seconds = "10", path] = process.argv.slice(2);
/** Connections, optimised code and the look-ahead's first second are there by then. */
const warmupUs = 3_000_000;
const holdUs = warmupUs + Number(seconds) * 1_000_000;
const step: StepPlan = { index: 0, role: "step", multiple: 1, ratePerSec: Number(ratePerSec), holdUs };

const report: Operation = {
  kind: "write",
  weight: 1,
  request: (user, at) => ({
    method: "POST",
    path: "/reports",
    headers: { "idempotency-key": `20261121-0147-bench-${at.index}` },
    json: { user: user.id },
  }),
  // The null server gives none: what is journaled is as long as a service's.
  created: () => "r-1234567",
};
const scenario: ScenarioInput = {
  name: "bench-journal",
  target,
  load: { peak: { ratePerSec: step.ratePerSec }, multiples: [1], hold: "1s" },
  users: citizens({ pool: 10_000, popularity: "zipf" }),
  operations: { report },
};
/** What engine, builder and sender read of a plan. */
const plan = {
  ...({ target, targets: [target], seed: 1, pace: "poisson", workers: 1, steps: [step], journeys: [] } as const),
  operations: [{ name: "report", kind: "write", weight: 1 }],
  users: { name: "citizens", pool: 10_000, popularity: "zipf" },
  connections: { ...plainNetwork, policy: "keep-alive", max: 64, deadlineUs: 2_000_000 },
} as unknown as RunPlan;

const startedUs = monotonicUs();
const nowUs = (): number => monotonicUs() - startedUs;
const beginUs = 1_500_000;
const lagsUs: number[] = [];
let ok = 0;
const unjournaled = { intend: () => 0, settle: () => undefined, isSynced: () => true };
const fail = (thrown: unknown): never => {
  throw thrown;
};
const journal = path === undefined ? unjournaled : new Journal(path, fail);
const meter = new SecondMeter();
const sender: Sender = new Sender({
  plan,
  maxConnections: plan.connections.max,
  operations: [report],
  seconds: meter,
  nowUs,
  connected: (phases) => engine.connected(phases),
  review: (flight) => engine.review(flight),
  settled(flight) {
    engine.settled(flight);
    if (flight.dueUs < beginUs + warmupUs) return;
    lagsUs.push(flight.lagUs);
    if (flight.outcome === "ok") ok += 1;
  },
  sample: () => undefined,
});
const engine: Engine = new Engine({
  plan,
  scenario,
  worker: 0,
  sender,
  journal,
  seconds: meter,
  builder: new RequestBuilder(scenario, { runId: "20261121-0147-bench", plan, setup: undefined }),
  stepDone: end,
  trouble: ({ text }) => fail(new Error(text)),
});

let cpu = process.cpuUsage();
let threadCpu = process.threadCpuUsage();
let measuredFromUs = 0;
setTimeout(
  () => {
    cpu = process.cpuUsage();
    threadCpu = process.threadCpuUsage();
    measuredFromUs = nowUs();
  },
  (beginUs + warmupUs - nowUs()) / 1_000,
);

function end(): void {
  const elapsedUs = nowUs() - measuredFromUs;
  const cores = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / elapsedUs;
  lagsUs.sort((a, b) => a - b);
  const lag = (share: number): number => lagsUs[Math.floor(share * lagsUs.length)] ?? Number.NaN;
  const round: Round = {
    threadCores: cores(process.threadCpuUsage(threadCpu)),
    processCores: cores(process.cpuUsage(cpu)),
    lagP50Us: lag(0.5),
    lagP99Us: lag(0.99),
    ok,
  };
  console.log(JSON.stringify(round));
  process.exit(0);
}

engine.begin(step, beginUs);
function tick(): void {
  engine.tick(nowUs());
  setTimeout(tick, 1);
}
tick();
