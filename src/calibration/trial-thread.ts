/** A load thread that is tried: engine, sender and transport as in a run, without journal and record. */
import { parentPort, workerData } from "node:worker_threads";
import { Engine } from "../load/engine.ts";
import { RequestBuilder } from "../load/requests.ts";
import { Sender } from "../load/sender.ts";
import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { Operation } from "../model/scenario.ts";
import { loadScenario } from "../scenario/load.ts";
import type { FromTrial, Trial, TrialInput } from "./messages.ts";

const { plan, worker, setup, startedUs } = workerData as TrialInput;
const port = parentPort;
if (port === null) throw new Error("this file is the entry of a thread");

const say = (message: FromTrial): void => port.postMessage(message);
const nowUs = (): number => monotonicUs() - startedUs;
const { input } = await loadScenario(plan.scenario.path, { variables: plan.variables, validate: false });
/** A null server's replies are right whatever an operation expects, and nobody tries again or follows them. */
const bare = (operation: Operation): Operation => ({
  kind: "read",
  weight: operation.weight,
  request: (user, at) => operation.request(user, at),
});
const operations = Object.fromEntries(Object.entries(input.operations).map(([name, operation]) => [name, bare(operation)]));
const seconds = new SecondMeter();
const sender = new Sender({
  plan,
  maxConnections: Math.max(1, Math.floor(plan.connections.max / plan.workers)),
  operations: Object.values(operations),
  seconds,
  nowUs,
  connected: (phases) => engine.connected(phases),
  review: (flight) => engine.review(flight),
  settled: (flight) => engine.settled(flight),
  sample: () => undefined,
});
const engine = new Engine({
  plan,
  scenario: { operations },
  worker,
  builder: new RequestBuilder(input, { runId: "calibration", plan, setup }),
  sender,
  // Reads are not journaled.
  journal: { intend: () => 0, settle: () => undefined, isSynced: () => true },
  seconds,
  stepDone({ meter, plan: { index } }) {
    sender.endStep(index);
    const lags = meter.metered().flatMap(({ clock, buckets }) => (clock === "lag" ? [buckets.toSparse()] : []));
    say({ type: "tried", tallies: meter.tallies, lags });
  },
  // It has no journeys.
  trouble: () => undefined,
});

function tick(): void {
  engine.tick(nowUs());
  if (plan.precision === "spin") setImmediate(tick);
  else setTimeout(tick, 1);
}

port.on("message", ({ step, startUs }: Trial) => engine.begin(step, startUs));
tick();
say({ type: "ready" });
