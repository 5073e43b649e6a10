/** A load thread: loads the scenario, then does what the coordinator says. Nothing here decides anything. */
import { parentPort, workerData } from "node:worker_threads";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import { Fault, messageOf } from "../model/fault.ts";
import { Journal } from "../record/journal.ts";
import { loadScenario } from "../scenario/load.ts";
import { threadIdOf } from "../vitals/proc-files.ts";
import { Engine } from "./engine.ts";
import type { FromWorker, ToWorker, WorkerInput } from "./messages.ts";
import { Preparation } from "./prepare.ts";
import { RequestBuilder } from "./requests.ts";
import { Sender } from "./sender.ts";

const { plan, runId, worker, startedUs, journalPath } = workerData as WorkerInput;
const port = parentPort;
if (port === null) throw new Error("this file is the entry of a thread");

const say = (message: FromWorker): void => port.postMessage(message);
const fail = (thrown: unknown): void => {
  const fault = thrown instanceof Fault ? thrown : new Fault("internal", messageOf(thrown));
  say({ type: "fault", kind: fault.kind, message: fault.message, detail: fault.detail });
};
const nowUs = (): number => monotonicUs() - startedUs;

const scenario = await loadScenario(plan.scenario.path, { variables: plan.variables, validate: false });
if (scenario.hash !== plan.scenario.hash)
  fail(new Fault("usage", `${plan.scenario.path} was changed while the run was starting`));
const journal = new Journal(journalPath, fail);
const seconds = new SecondMeter();
const builder = new RequestBuilder(scenario.input, { runId, seed: plan.seed, target: plan.target });
const sender = new Sender({
  target: plan.target,
  connections: plan.connections,
  maxConnections: Math.max(1, Math.floor(plan.connections.max / plan.workers)),
  operations: Object.values(scenario.input.operations),
  operationNames: plan.operations.map((operation) => operation.name),
  seconds,
  nowUs,
  settled: (flight) => (flight.purpose === "prepare" ? preparation : engine).settled(flight),
  sample: (sample) => say({ type: "sample", sample }),
});
const engine = new Engine({
  plan,
  worker,
  builder,
  sender,
  journal,
  seconds,
  stepDone(step, meter, hash) {
    sender.endStep();
    say({ type: "step-done", step, tallies: meter.tallies, histograms: meter.metered(), schedule: hash.parts });
  },
});
const preparation = new Preparation({
  plan,
  worker,
  builder,
  sender,
  journal,
  done: (result) => {
    active = engine;
    say({ type: "prepared", ...result });
  },
});

/** What the tick drives: one of the two at a time. */
let active: { tick(nowUs: number): void } = engine;
let running = true;
let second = Math.floor(nowUs() / 1_000_000);
let loopBefore = performance.eventLoopUtilization();

function closeSeconds(now: number): void {
  for (const current = Math.floor(now / 1_000_000); second < current; second++) {
    seconds.counts.due = engine.takeDue(second);
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, loopBefore);
    loopBefore = loop;
    const { inFlight, connections, totals } = sender;
    say({
      type: "second",
      second: { ...seconds.close(second), worker, inFlight, connections, eventLoopShare: utilization, totals },
    });
    if (active === preparation) say({ type: "preparing", worker, done: preparation.done });
  }
}

function tick(): void {
  if (!running) return;
  try {
    const now = nowUs();
    closeSeconds(now);
    active.tick(now);
  } catch (thrown) {
    running = false;
    return fail(thrown);
  }
  // A timer of 1 ms costs 3 to 4 % of a core; spinning is opt-in since it eats one and looks like saturation.
  if (plan.precision === "spin") setImmediate(tick);
  else setTimeout(tick, 1);
}

async function stop(): Promise<void> {
  running = false;
  preparation.stop();
  engine.stop();
  sender.abortAll();
  await journal.drained();
  closeSeconds((second + 1) * 1_000_000);
  say({ type: "stopped" });
}

port.on("message", (message: ToWorker) => {
  const step = message.type === "step" ? plan.steps[message.step] : undefined;
  if (message.type === "prepare") active = preparation;
  if (message.type === "step" && step !== undefined) engine.begin(step, message.startUs);
  if (message.type === "stop") stop().catch(fail);
  if (message.type === "close") {
    journal
      .close()
      .then(() => say({ type: "closed" }))
      .catch(fail);
  }
});
tick();
say({ type: "ready", worker, threadId: threadIdOf() });
