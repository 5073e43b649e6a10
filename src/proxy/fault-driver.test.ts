import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../model/events.ts";
import type { Fault } from "../model/fault.ts";
import { plainNetwork, type PlannedToxic } from "../model/plan.ts";
import { FaultDriver } from "./fault-driver.ts";
import { startApi, type StartedApi } from "./started-proxy.fixture.ts";

const latency: PlannedToxic = {
  proxy: "lab",
  type: "latency",
  stream: "downstream",
  toxicity: 0.5,
  attributes: { latency: 500 },
  atUs: 100_000,
  forUs: 200_000,
};

interface Drill {
  readonly driver: FaultDriver;
  readonly events: RunEvent[];
  readonly stopped: Fault[];
  /** Begins the first step. */
  readonly step: () => void;
}

function drill(api: StartedApi, ...toxics: readonly PlannedToxic[]): Drill {
  const events: RunEvent[] = [];
  const stopped: Fault[] = [];
  let startUs: number | null = null;
  const nowUs = (): number => performance.now() * 1_000;
  const driver = new FaultDriver({
    faults: { api: api.url, toxics },
    network: plainNetwork,
    runId: "run-1",
    nowUs,
    startUs: () => startUs,
    event: (event) => events.push(event),
    stop: (fault) => stopped.push(fault),
  });
  return { driver, events, stopped, step: () => void (startUs = nowUs()) };
}

async function startLab(): Promise<StartedApi> {
  const api = await startApi();
  await api.call("POST", "/proxies", { name: "lab", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" });
  await api.call("POST", "/proxies/lab/toxics", { name: "somebody's own", type: "slow_close" });
  return api;
}

const names = (api: StartedApi): string[] => api.collection.get("lab").state.toxics.map(({ name }) => name);

describe("faults of a run", () => {
  it("come at their time after the first step's start, and go after theirs, and nobody else's", async () => {
    await using api = await startLab();
    const { driver, events, step } = drill(api, latency, { ...latency, stream: "upstream", forUs: 60_000_000 });
    await driver.begin();
    await sleep(200);
    expect(names(api)).toEqual(["somebody's own"]);
    step();
    await sleep(250);
    expect(names(api).toSorted()).toEqual(["run-1-0", "run-1-1", "somebody's own"]);
    expect(api.collection.get("lab").toxic("run-1-0")).toMatchObject({ toxicity: 0.5, attributes: { latency: 500 } });
    await sleep(300);
    expect(names(api).toSorted()).toEqual(["run-1-1", "somebody's own"]);
    expect(await driver.end()).toEqual([]);
    expect(names(api)).toEqual(["somebody's own"]);
    expect(events.map(({ event }) => event)).toEqual(["fault-start", "fault-start", "fault-end", "fault-end"]);
  });

  it("never come where the load ends before", async () => {
    await using api = await startLab();
    const { driver, events } = drill(api, latency);
    await driver.begin();
    expect(await driver.end()).toEqual([]);
    expect([names(api), events]).toEqual([["somebody's own"], []]);
  });

  it("that cannot be had stop the run, which is not the one that was asked for", async () => {
    await using api = await startLab();
    const { driver, events, stopped, step } = drill(api, { ...latency, atUs: 0, attributes: { latency: 0.5 } });
    await driver.begin();
    step();
    await sleep(200);
    expect(stopped).toMatchObject([{ kind: "unreachable", message: "the proxies' API refused POST /proxies/lab/toxics" }]);
    await driver.end();
    expect(events).toEqual([]);
  });

  it("are refused for a proxy that is not there", async () => {
    await using api = await startLab();
    await expect(drill(api, { ...latency, proxy: "bank" }).driver.begin()).rejects.toThrow(/has no proxy named bank/);
  });

  it("that cannot be taken away are named with the way to do it", async () => {
    const api = await startLab();
    const { driver, step } = drill(api, { ...latency, atUs: 0, forUs: 60_000_000 });
    await driver.begin();
    step();
    await sleep(200);
    await api[Symbol.asyncDispose]();
    const [sentence] = await driver.end();
    expect(sentence).toContain(`to remove it: curl -X DELETE ${api.url}/proxies/lab/toxics/run-1-0`);
  });
});
