import { citizens } from "../generators/index.ts";
import { RequestBuilder } from "../src/load/requests.ts";
import { Sender } from "../src/load/sender.ts";
import { SecondMeter } from "../src/measure/second-meter.ts";
import { StepMeter } from "../src/measure/step-meter.ts";
import type { Operation, ScenarioInput } from "../src/model/scenario.ts";
import type { ClosedLoop } from "./closed-loop.ts";

const runId = "20261121-0147-bench";
const pool = 10_000;

/**
 * What a run does for each request: a path per user, the tag with a trace of its own, the expected status, tallies, and the histograms of
 * all clocks. Returns what expires its requests.
 */
export function fullLoop(loop: ClosedLoop): (nowUs: number) => void {
  const scan = loop.body === undefined ? scanning : reporting(JSON.parse(loop.body) as Record<string, unknown>);
  const operations = [{ name: "scan", kind: "read" as const, weight: 1 }];
  const plan = { seed: 1, targets: [loop.origin], connections: loop.network, operations };
  const builder = new RequestBuilder(scenarioOf(loop.origin, scan), { runId, plan, setup: undefined });
  const seconds = new SecondMeter();
  const meter = new StepMeter(1, 0);
  const sender = new Sender({
    plan,
    maxConnections: loop.connections,
    operations: [scan],
    seconds,
    nowUs: loop.nowUs,
    connected: () => undefined,
    review: () => undefined,
    settled(flight) {
      meter.settle(flight);
      if (loop.count(flight.outcome === "ok")) send();
    },
    sample: () => undefined,
  });
  let count = 0;
  const send = (): void => {
    const index = count++;
    const user = index % pool;
    const dueUs = loop.nowUs();
    seconds.dispatched(0);
    const built = builder.build(0, user, index, dueUs, "load", null);
    sender.send({
      built,
      operation: 0,
      user,
      index,
      step: 0,
      purpose: "load",
      dueUs,
      dispatchedUs: dueUs,
      lagUs: 0,
      deadlineUs: dueUs + loop.deadlineUs,
      journey: -1,
      session: null,
      attempt: 1,
      wantsReply: false,
    });
  };
  for (let opened = 0; opened < loop.connections; opened++) send();
  return (nowUs) => sender.expire(nowUs);
}

const scanning: Operation = {
  kind: "read",
  weight: 1,
  request: (user) => ({ path: `/codes/${user.id}` }),
  expect: { status: 200 },
};

/** A body of its own for each request, made and written out as JSON like a scenario's. */
function reporting(report: Record<string, unknown>): Operation {
  const venue = (index: number): string => `v-${String(index % 100_000).padStart(5, "0")}`;
  const request: Operation["request"] = (_user, at) => ({
    method: "POST",
    path: "/reports",
    json: { ...report, venue: venue(at.index) },
  });
  return { ...scanning, request };
}

function scenarioOf(target: string, scan: Operation): ScenarioInput {
  return {
    name: "bench",
    target,
    load: { peak: { ratePerSec: 1 }, multiples: [1], hold: "1s" },
    users: citizens({ pool, popularity: "zipf" }),
    operations: { scan },
  };
}
