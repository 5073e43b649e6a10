import { describe, expect, it } from "vitest";
import type { RunPlan, StoreSettings } from "../src/model/plan.ts";
import type { StepRecord, Tally } from "../src/model/run.ts";
import { exampleJournal, exampleRun } from "./example-run.ts";
import { planCleanup, wroteNothing } from "./plan.ts";

const nothing = exampleJournal({ intents: 0, created: 0, unknown: 0 });

function planFor(plan: Partial<RunPlan>, journal = exampleJournal()) {
  return planCleanup(exampleRun({ plan }), journal);
}

describe("planCleanup", () => {
  it("refuses a kind of store that it does not know, from whatever version or hand run.json has it", () => {
    const stores = [{ kind: "../../elsewhere", name: "x" }] as unknown as readonly StoreSettings[];
    expect(() => planFor({ cleanup: { stores } })).toThrow(/names a kind of store that this Peakproof does not know/);
  });

  it("turns a journal and the scenario's rules into plain data, without the token", () => {
    expect(planFor({})).toEqual({
      runId: "20260101-abc",
      created: 8,
      unknown: 2,
      stores: [
        {
          name: "http",
          kind: "http",
          how: "DELETE http://127.0.0.1:8461/synthetic/20260101-abc",
          secretFrom: "PEAKPROOF_TOKEN",
          batch: 500,
          rowsPerSec: 20_000,
        },
      ],
      settleUs: 1_000_000,
      reason: null,
    });
  });

  it("keeps a fallback out of the plan", () => {
    const store = { kind: "http", path: "/s/{run}", token: "env:T:-loopback-default", batch: 10, settle: "2s" } as const;
    const plan = planFor({ cleanup: { stores: [store] } });
    expect(plan).toMatchObject({ stores: [{ secretFrom: "T", batch: 10 }], settleUs: 2_000_000 });
    expect(JSON.stringify(plan)).not.toContain("loopback-default");
  });

  it("keeps the order of several stores, numbers those of a kind, and waits as long as the slowest asks", () => {
    const store = (path: string, settle: string) => ({ kind: "http", path, settle }) as const;
    const stores = [store("/b/{run}", "1s"), store("/a/{run}", "3s"), store("/c/{run}", "2s")];
    const plan = planFor({ cleanup: { stores } });
    expect(plan.stores.map(({ name, how }) => `${name} ${new URL(how.split(" ")[1] ?? "").pathname.slice(1, 2)}`)).toEqual([
      "http b",
      "http-2 a",
      "http-3 c",
    ]);
    expect(plan.settleUs).toBe(3_000_000);
  });

  it.each(["soon", "301s", "3h"])("refuses to wait %s", (settle) => {
    const plan = { cleanup: { stores: [{ kind: "http", path: "/{run}", settle }] } } as const;
    expect(() => planFor(plan)).toThrow("cleanup.http.settle is no usable duration");
  });

  it("has nothing to do for a run that wrote nothing, and says why", () => {
    expect(planFor({}, nothing)).toMatchObject({ stores: [], reason: expect.stringContaining("journal") });
  });

  it("carries an author's reason, and none where nobody gave one", () => {
    expect(planFor({ cleanup: { none: "rows expire in an hour" } })).toMatchObject({
      stores: [],
      reason: "rows expire in an hour",
    });
    expect(planFor({ cleanup: null })).toMatchObject({ stores: [], reason: null });
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

  it("does not believe it of a killed run without any journal, where the store can be asked", () => {
    const none = { ...nothing, files: 0 };
    const ended = { atUs: 1, how: "finished", reason: null, fault: null } as const;
    expect(wroteNothing(exampleRun(), none)).toBe(false);
    expect(wroteNothing(exampleRun({ ended }), none)).toBe(true);
    expect(wroteNothing(exampleRun({ plan: { cleanup: null } }), none)).toBe(true);
  });

  it("does not believe a journal with unreadable lines", () => {
    expect(wroteNothing(exampleRun(), { ...nothing, tornLines: 1 })).toBe(false);
  });

  it("does not believe an empty journal that the run's own counts contradict", () => {
    expect(wroteNothing(exampleRun({ steps: [step({ report: tally })] }), nothing)).toBe(false);
    expect(wroteNothing(exampleRun({ totals: { prepare: { sent: 3, ok: 3 } } }), nothing)).toBe(false);
  });
});
