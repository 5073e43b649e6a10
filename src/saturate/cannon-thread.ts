/** An autocannon thread: opens connections, measures windows, drains, as it is told. */
import { parentPort, workerData } from "node:worker_threads";
import { monotonicUs } from "../measure/clock.ts";
import { Cannon } from "./cannon.ts";
import type { CannonInput, FromCannon, ToCannon, Window } from "./messages.ts";

/** How long connections are given to finish what they have under way, and how often it is looked whether they have. */
const drainMs = 3_000;
const drainEveryMs = 10;

const port = parentPort;
if (port === null) throw new Error("this file is the entry of a thread");
const say = (message: FromCannon): void => port.postMessage(message);
const cannon = new Cannon(workerData as CannonInput, (thrown) => {
  throw thrown;
});

const until = (us: number): number => Math.max(0, (us - monotonicUs()) / 1_000);

function measure(window: Window): void {
  cannon.measure(window);
  setTimeout(() => cannon.started(), until(window.fromUs));
  setTimeout(() => say({ type: "measured", measured: cannon.measured() }), until(window.toUs));
}

async function drain(): Promise<void> {
  cannon.drain();
  for (const endMs = performance.now() + drainMs; !cannon.isDrained && performance.now() < endMs;)
    await new Promise((resolve) => setTimeout(resolve, drainEveryMs));
  say({ type: "drained", sent: cannon.sent });
}

port.on("message", (message: ToCannon) => {
  if (message.type === "open") cannon.open(message.connections, message.first);
  if (message.type === "measure") measure(message.window);
  if (message.type === "drain") void drain();
  if (message.type === "count") say({ type: "counted", sent: cannon.sent });
});
say({ type: "ready" });
