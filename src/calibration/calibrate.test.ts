import { get, request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ScenarioInput } from "../model/scenario.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { calibrate } from "./calibrate.ts";
import { NullTarget } from "./null-target.ts";
import { soloOperations, trialPlan } from "./trial-plan.ts";

const path = join(fileURLToPath(new URL("../..", import.meta.url)), "scenarios/health-code/mixed.ts");
const scenario = await loadScenario(path);
const plan = makePlan(scenario);
const forever = new AbortController().signal;

describe("the null server", () => {
  it("answers GET, HEAD and POST over HTTP/1.1, and closes a connection when asked to", async () => {
    using target = await NullTarget.start("h1", forever);
    const [reply] = await once(get(target.origin, { agent: false }), "response");
    expect(reply.statusCode).toBe(200);
    expect(Buffer.concat(await reply.toArray()).toString()).toBe("{}");
    const [headReply] = await once(httpRequest(target.origin, { method: "HEAD", agent: false }).end(), "response");
    expect(headReply.headers["content-length"]).toBe("2");
    const [postReply] = await once(
      httpRequest(target.origin, { method: "POST", agent: false }).end("x".repeat(70_000)),
      "response",
    );
    expect(postReply.statusCode).toBe(200);
  });

  it("answers HTTP/2", async () => {
    using target = await NullTarget.start("h2", forever);
    const session = connectHttp2(target.origin);
    const stream = session.request({ ":path": "/" });
    const [headers] = await once(stream, "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("is not waited for when nobody wants it any more", async () => {
    await expect(NullTarget.start("h1", AbortSignal.abort("stopped"))).rejects.toBe("stopped");
  });
});

describe("the requests of a calibration", () => {
  it("are the scenario's own, as reads, as often as arrivals and journeys come by them", () => {
    const solo = soloOperations(plan, scenario.input, undefined);
    expect(solo.operations.map(({ kind }) => kind)).toEqual(plan.operations.map(() => "read"));
    expect(solo.operations.map(({ weight }) => weight)).toEqual(plan.operations.map(({ weight }) => weight));
    expect(solo.meanBytes).toBeGreaterThan(200);
    const steps = [0, 1, 0].map((operation) => ({ operation, thinkUs: [0, 0] as const }));
    const journeyed = soloOperations({ ...plan, journeys: [{ name: "visit", weight: 2, steps }] }, scenario.input, undefined);
    expect(journeyed.operations[0]!.weight).toBe(plan.operations[0]!.weight + 4);
  });

  it("leave out what only a journey can make", () => {
    const carried: ScenarioInput = {
      ...scenario.input,
      operations: {
        first: { kind: "read", weight: 1, request: () => ({ path: "/" }) },
        next: {
          kind: "write",
          weight: 1,
          request: (_, at) => ({ path: `/${(at.carried as { id: { text: string } }).id.text}` }),
        },
      },
    };
    const operations = Object.entries(carried.operations).map(([name, { kind, weight }]) => ({ name, kind, weight }));
    expect(soloOperations({ ...plan, operations }, carried, undefined).operations).toEqual([
      { name: "first", kind: "read", weight: 1 },
      { name: "next", kind: "read", weight: 0 },
    ]);
  });

  it("go nowhere but to the null server", () => {
    const proxied = { ...plan, connections: { ...plan.connections, proxy: "http://proxy", sourceAddresses: ["10.0.0.1"] } };
    const { target, targets, admin, connections } = trialPlan(proxied, [], "http://127.0.0.1:1");
    expect({ target, targets, admin }).toEqual({
      target: "http://127.0.0.1:1",
      targets: ["http://127.0.0.1:1"],
      admin: "http://127.0.0.1:1",
    });
    expect(connections).toMatchObject({ proxy: null, sourceAddresses: [], resolve: {} });
  });
});

describe("a calibration", () => {
  const { operations } = soloOperations(plan, scenario.input, undefined);

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const calibrated = calibrate({ plan, operations, setup: undefined, signal: stop.signal });
    setTimeout(() => stop.abort("stopped by SIGINT"), 300);
    await expect(calibrated).rejects.toBe("stopped by SIGINT");
  });

  it("rejects where the scenario cannot be loaded in a thread", async () => {
    const lost = { ...plan, scenario: { ...plan.scenario, path: "/nowhere.ts" } };
    await expect(calibrate({ plan: lost, operations, setup: undefined, signal: forever })).rejects.toThrow(/nowhere/);
  });
});
