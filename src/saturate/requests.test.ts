import { describe, expect, it } from "vitest";
import { RequestBuilder } from "../load/requests.ts";
import type { RunPlan } from "../model/plan.ts";
import { plainNetwork } from "../model/plan.ts";
import type { Operation, ScenarioInput } from "../model/scenario.ts";
import { plainRequests, readOf, requestsMade } from "./requests.ts";

const read = (weight: number): Operation => ({ kind: "read", weight, request: (user) => ({ path: `/items/${user.id}` }) });
const write: Operation = { kind: "write", weight: 9, request: () => ({ method: "PUT", path: "/items" }) };

function planOf(operations: Record<string, Operation>, journeys: RunPlan["journeys"] = []): RunPlan {
  const named = Object.entries(operations).map(([name, { kind, weight }]) => ({ name, kind, weight }));
  return { operations: named, journeys, prepare: null, scenario: { name: "s", path: "s.ts", hash: "" } } as unknown as RunPlan;
}

describe("the read that is asked", () => {
  it("is the one of highest weight, or the one that is named", () => {
    const plan = planOf({ list: read(1), item: read(5), put: write });
    expect(readOf(plan, undefined)).toMatchObject({ at: 1, operation: { name: "item" } });
    expect(readOf(plan, "list")).toMatchObject({ at: 0 });
  });

  it("is never a write, since nothing is journaled in a closed loop", () => {
    expect(() => readOf(planOf({ put: write, item: read(1) }), "put")).toThrow(/nothing is journaled/);
    expect(() => readOf(planOf({ put: write }), undefined)).toThrow(/no read/);
  });

  it("is none that needs what a journey carries", () => {
    const steps = [0, 1].map((operation) => ({ operation, thinkUs: [0, 0] as const }));
    const plan = planOf({ item: read(0), part: read(0) }, [{ name: "visit", weight: 1, steps }]);
    expect(readOf(plan, undefined)).toMatchObject({ operation: { name: "item" } });
    expect(() => readOf(plan, "part")).toThrow(/within journeys/);
  });

  it("says what was probably meant", () => {
    expect(() => readOf(planOf({ item: read(1) }), "itme")).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ fix: "--operation item" }) }),
    );
  });
});

describe("requests made ahead", () => {
  const input = {
    users: { name: "people", pool: 1_000, popularity: "uniform", user: (_: number, index: number) => ({ id: `u${index}` }) },
    operations: {
      item: read(1),
      ask: { kind: "read", weight: 1, connection: "fresh", request: () => ({ method: "POST", path: "/ask", json: { q: "码" } }) },
    },
  } as unknown as ScenarioInput;
  const plan = {
    seed: 1,
    targets: ["http://127.0.0.1:1"],
    connections: { ...plainNetwork, policy: "keep-alive" },
    users: input.users,
  } as const;
  const builder = new RequestBuilder(input, { runId: "r-1", plan, setup: undefined });

  it("are some hundred different ones, tagged as probes, for the target by its own name", () => {
    const requests = plainRequests(builder, plan, 0, null);
    expect(requests).toHaveLength(requestsMade);
    expect(new Set(requests.map(({ path }) => path)).size).toBeGreaterThan(300);
    expect(requests[0]).toMatchObject({
      method: "GET",
      headers: { host: "127.0.0.1:1", "x-synthetic-run": "r-1", "x-synthetic-purpose": "probe" },
      body: null,
    });
  });

  it("are those of the first users where only their rows are there", () => {
    expect(new Set(plainRequests(builder, plan, 0, 3).map(({ path }) => path))).toEqual(
      new Set(["/items/u0", "/items/u1", "/items/u2"]),
    );
  });

  it("leave length and connection to autocannon, which writes them itself", () => {
    const [request] = plainRequests(builder, plan, 1, 1);
    expect(Object.keys(request?.headers ?? {})).not.toEqual(expect.arrayContaining(["content-length"]));
    expect(request?.headers).not.toHaveProperty("connection");
    expect(Buffer.from(request?.body ?? []).toString()).toBe('{"q":"码"}');
  });
});
