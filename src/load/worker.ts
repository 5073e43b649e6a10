/** A load thread: loads the scenario, then does what the coordinator says. Nothing here decides anything. */
import { parentPort, workerData } from "node:worker_threads";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import { SpinMeter } from "../measure/spin-meter.ts";
import { Fault, messageOf } from "../model/fault.ts";
import { Journal } from "../record/journal.ts";
import { watchedOperations } from "../safety/abort-rules.ts";
import { keepSecret } from "../safety/redact.ts";
import { loadScenario } from "../scenario/load.ts";
import { WriteSampling } from "../read-back/sampling.ts";
import { threadIdOf } from "../vitals/proc-files.ts";
import { Engine } from "./engine.ts";
import { DeadManSwitch } from "./heartbeat.ts";
import { loadCookies } from "./journey-session.ts";
import type { FromWorker, ToWorker, WorkerInput } from "./messages.ts";
import { Preparation } from "./prepare.ts";
import { RequestBuilder } from "./requests.ts";
import { Sender } from "./sender.ts";
import { memoryOf, stepReport } from "./step-report.ts";

const { plan, runId, worker, startedUs, journalPath, setup, perOperation, heartbeat } = workerData as WorkerInput;
const port = parentPort;
if (port === null) throw new Error("this file is the entry of a thread");

const say = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const fail = (thrown: unknown): void => {
  const fault = thrown instanceof Fault ? thrown : new Fault("internal", messageOf(thrown));
  say({ type: "fault", kind: fault.kind, message: fault.message, detail: fault.detail });
};
const nowUs = (): number => monotonicUs() - startedUs;

keepSecret(setup);
const scenario = await loadScenario(plan.scenario.path, { variables: plan.variables, validate: false });
if (scenario.hash !== plan.scenario.hash)
  fail(new Fault("usage", `${plan.scenario.path} was changed while the run was starting`));
const journal = new Journal(journalPath, fail);
const seconds = new SecondMeter(watchedOperations(plan));
await loadCookies(scenario.input);
const builder = new RequestBuilder(scenario.input, { runId, plan, setup });
const sender = new Sender({
  plan,
  maxConnections: Math.max(1, Math.floor(plan.connections.max / plan.workers)),
  operations: Object.values(scenario.input.operations),
  seconds,
  nowUs,
  connected: (phases) => engine.connected(phases),
  review: (flight) => engine.review(flight),
  settled(flight) {
    if (flight.purpose === "prepare") return preparation.settled(flight);
    engine.settled(flight);
    sampling.settled(flight);
  },
  sample: (sample) => say({ type: "sample", sample }),
});
const engine = new Engine({
  plan,
  scenario: scenario.input,
  worker,
  builder,
  sender,
  journal,
  seconds,
  stepDone(step, occupancy) {
    isOver = step.plan.index === plan.steps.length - 1;
    sender.endStep(step.plan.index);
    const report = stepReport(step, occupancy);
    say(report, memoryOf(report));
  },
  trouble: (trouble) => say({ type: "journey-trouble", trouble }),
});
const sampling = new WriteSampling({ plan, worker, operations: scenario.input.operations, perOperation, journal, nowUs });
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

/** Time between two reports of what was taken up: shorter than that between two counts of what third parties got by it (4 Hz). */
const takenUpEveryUs = 100_000;
let takenUpDueUs = 0;
/** What the tick drives: one of the two at a time. */
let active: { tick(nowUs: number): void } = engine;
let running = true;
/** The last step has ended by itself. */
let isOver = false;
const coordinator = new DeadManSwitch(heartbeat);
let second = Math.floor(nowUs() / 1_000_000);
let loopBefore = performance.eventLoopUtilization();
const spin = plan.precision === "spin" ? new SpinMeter(nowUs()) : null;

/** Share of the time since the last question in which this thread had something to do. */
function busyShare(now: number): number {
  const loop = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(loop, loopBefore);
  loopBefore = loop;
  return spin === null ? utilization : spin.take(now);
}

function closeSeconds(now: number): void {
  for (const current = Math.floor(now / 1_000_000); second < current; second++) {
    seconds.counts.due = engine.takeDue(second);
    const { inFlight, connections, bytes } = sender;
    const totals = sampling.totals === null ? sender.totals : { ...sender.totals, probe: sampling.totals };
    say({
      type: "second",
      second: { ...seconds.close(second), worker, inFlight, connections, bytes, eventLoopShare: busyShare(now), totals },
    });
    if (active === preparation) say({ type: "preparing", worker, done: preparation.done });
  }
}

function reportTakenUp(now: number): void {
  takenUpDueUs = now + takenUpEveryUs;
  const { takenUp } = sampling;
  say({
    type: "taken-up",
    takenUp: { worker, untilUs: now, counts: sender.takenUp.map((count, at) => count + (takenUp[at] ?? 0)) },
  });
  const written = sampling.take();
  if (written.chosen.length > 0 || !running) say({ type: "written", written });
}

function tick(): void {
  if (!running) return;
  try {
    const now = nowUs();
    if (coordinator.isReleased(now)) return abandon();
    spin?.turn(now, seconds.events);
    closeSeconds(now);
    if (now >= takenUpDueUs) reportTakenUp(now);
    active.tick(now);
    sampling.tick(now);
  } catch (thrown) {
    running = false;
    return fail(thrown);
  }
  // A timer of 1 ms costs 3 to 4 % of a core; spinning is opt-in since it eats one and looks like saturation.
  if (plan.precision === "spin" || engine.isBehind) setImmediate(tick);
  else setTimeout(tick, 1);
}

/** Ends the load; what is in flight is given up and journaled. */
function endLoad(): void {
  running = false;
  preparation.stop();
  engine.stop();
  sampling.stop();
  sender.abortAll();
}

/** Nobody steers any more: should the coordinator come back, it will read why the load ended. */
function abandon(): void {
  endLoad();
  fail(new Fault("safety", `load thread ${worker} stopped by itself: the thread that steers it was silent for 1.5 s`));
}

async function stop(): Promise<void> {
  if (isOver) await sampling.replaysEnded();
  endLoad();
  await journal.drained();
  closeSeconds((second + 1) * 1_000_000);
  reportTakenUp(nowUs());
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
