import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "../src/model/fault.ts";
import type { RunPlan } from "../src/model/plan.ts";
import type { StepRecord, Tally } from "../src/model/run.ts";
import { exampleJournal, exampleRun } from "./example-run.ts";
import { endpointOf, planCleanup, tokenSource, wroteNothing } from "./plan.ts";

const admin = "http://127.0.0.1:8461";
const nothing = exampleJournal({ intents: 0, created: 0, unknown: 0 });

function planFor(plan: Partial<RunPlan>, journal = exampleJournal()) {
  return planCleanup({ run: exampleRun({ plan }), journal, admin });
}

describe("planCleanup", () => {
  it("turns a journal and the scenario's rules into plain data, without the token", () => {
    expect(planFor({})).toEqual({
      runId: "20260101-abc",
      created: 8,
      unknown: 2,
      kind: "http",
      url: "http://127.0.0.1:8461/synthetic/20260101-abc",
      tokenFrom: "PEAKPROOF_TOKEN",
      batch: 500,
      settleUs: 1_000_000,
      reason: null,
    });
  });

  it("keeps a fallback out of the plan", () => {
    const plan = planFor({ cleanup: { http: { path: "/s/{run}", token: "env:T:-loopback-default", batch: 10, settle: "2s" } } });
    expect(plan).toMatchObject({ tokenFrom: "T", batch: 10, settleUs: 2_000_000 });
    expect(JSON.stringify(plan)).not.toContain("loopback-default");
  });

  it("has nothing to do for a run that wrote nothing, and says why", () => {
    expect(planFor({}, nothing)).toMatchObject({ kind: "none", url: null, reason: expect.stringContaining("journal") });
  });

  it("carries an author's reason, and none where nobody gave one", () => {
    expect(planFor({ cleanup: { none: "rows expire in an hour" } })).toMatchObject({
      kind: "none",
      reason: "rows expire in an hour",
    });
    expect(planFor({ cleanup: null })).toMatchObject({ kind: "none", reason: null });
  });
});

describe("wroteNothing", () => {
  const tally: Tally = { due: 1, dispatched: 1, sent: 1, done: 1, ok: 1, rejected: 0, failed: 0, errors: {} };
  const step = (operations: Record<string, Tally>): StepRecord => ({
    index: 0,
    role: "step",
    multiple: 1,
    ratePerSec: 1,
    holdUs: 1,
    startUs: 0,
    endUs: 1,
    drainedUs: 2,
    tally: { ...tally, operations },
  });

  it("believes an unbroken journal without intents, also where reads were sent", () => {
    expect(wroteNothing(exampleRun({ steps: [step({ scan: tally })] }), nothing)).toBe(true);
  });

  it("does not believe it of a setup, which is in no journal, where the store can be asked", () => {
    expect(wroteNothing(exampleRun({ plan: { setup: true } }), nothing)).toBe(false);
    expect(wroteNothing(exampleRun({ plan: { setup: true, cleanup: null } }), nothing)).toBe(true);
  });

  it("does not believe a journal with unreadable lines", () => {
    expect(wroteNothing(exampleRun(), { ...nothing, tornLines: 1 })).toBe(false);
  });

  it("does not believe an empty journal that the run's own counts contradict", () => {
    expect(wroteNothing(exampleRun({ steps: [step({ report: tally })] }), nothing)).toBe(false);
    expect(wroteNothing(exampleRun({ totals: { prepare: { sent: 3, ok: 3 } } }), nothing)).toBe(false);
  });
});

describe("endpointOf refuses", () => {
  const refusal = (rules: Parameters<typeof endpointOf>[0], runId = "r-1", at = admin): Fault => {
    try {
      endpointOf(rules, runId, at);
    } catch (thrown) {
      if (thrown instanceof Fault) return thrown;
    }
    throw new Error("expected a Fault");
  };

  it.each([
    ["a path that does not name the run", { path: "/synthetic" }, "must name the run"],
    ["a path that is none", { path: "synthetic/{run}" }, "must name the run"],
    ["a path that leaves the admin host", { path: "//elsewhere.example.com/{run}" }, "leaves the admin address"],
    ["a batch of no rows", { path: "/{run}", batch: 0 }, "batch"],
    ["a batch without end", { path: "/{run}", batch: 1e9 }, "batch"],
    ["a settle time that is no duration", { path: "/{run}", settle: "soon" }, "settle"],
    ["a settle time of hours", { path: "/{run}", settle: "3h" }, "settle"],
  ])("%s", (_, rules, words) => {
    const fault = refusal(rules);
    expect(fault.kind).toBe("usage");
    expect(fault.message).toContain(words);
  });

  it("a run id that could mean another path", () => {
    expect(refusal({ path: "/synthetic/{run}" }, "../other").message).toContain("run id");
  });

  it("credentials in the admin address, without repeating them", () => {
    const fault = refusal({ path: "/{run}" }, "r-1", "http://me:hunter22@127.0.0.1");
    expect(fault.message + JSON.stringify(fault.detail)).not.toContain("hunter22");
  });

  it("nothing else: whatever the path, the address stays on the admin host and names the run", () => {
    fc.assert(
      fc.property(fc.webPath(), fc.stringMatching(/^[a-z0-9-]{1,48}$/), (path, runId) => {
        const { url } = endpointOf({ path: `/x${path}/{run}` }, runId, admin);
        expect(new URL(url).origin).toBe(admin);
        expect(url).toContain(runId);
      }),
      { numRuns: 50 },
    );
  });
});

it("never repeats a token that was written out in a scenario", () => {
  expect(() => tokenSource("s3cret-token")).toThrow(/must name an environment variable/);
  expect(() => tokenSource("s3cret-token")).not.toThrow(/s3cret/);
});
