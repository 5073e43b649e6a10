/** Where the time of a simulated world's connections and replies went, for `record-builder`. */
import { Buckets } from "../src/measure/buckets.ts";
import type { Phase } from "../src/model/budget.ts";
import { unit } from "../src/model/random.ts";
import { latencyTag } from "../src/model/record.ts";
import type { Simulated, Simulation } from "./record-simulation.ts";
import type { World } from "./record-world.ts";

/** Requests that one connection carries before it is opened anew; each part of a reply as a share of its service time. */
const requestsPerConnection = 10;
const firstByteShare = 0.9;

/** Adds the phases of all steps to a record's histograms. */
export function putPhases(world: World, { requests }: Simulation, latency: Map<string, Buckets>): void {
  for (const [step, own] of Map.groupBy(requests, (request) => request.step)) {
    const record = (phase: Phase, us: number): void => {
      const tag = latencyTag(step, "*", phase, "*");
      const buckets = latency.get(tag) ?? new Buckets();
      latency.set(tag, buckets);
      buckets.record(us);
    };
    for (const request of own) putReply(request, record);
    for (let opened = 0; opened < own.length / requestsPerConnection; opened++) putConnection(world, step, opened, record);
  }
}

type PutPhase = (phase: Phase, us: number) => void;

function putReply({ sentUs, settledUs, status }: Simulated, record: PutPhase): void {
  if (sentUs === null || status === null) return;
  const firstByteUs = (settledUs - sentUs) * firstByteShare;
  record("firstByte", firstByteUs);
  record("body", settledUs - sentUs - firstByteUs);
}

function putConnection({ seed, https }: World, step: number, opened: number, record: PutPhase): void {
  const between = (stream: number, leastUs: number, mostUs: number): number =>
    leastUs + (mostUs - leastUs) * unit(seed + step, stream, opened);
  record("tcp", between(30, 120, 260));
  if (!https) return;
  record("dns", between(31, 250, 1_900));
  record("tls", between(32, 2_400, 6_000));
}
