/** For tests: a run file, a journal and a plan with what a test does not care about filled in. */
import type { CleanupPlan, StorePlan } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import { plainNetwork, type RunPlan } from "../src/model/plan.ts";
import { runSchema, type RunFile } from "../src/model/run.ts";
import type { JournalAccess } from "./store.ts";

export interface ExampleRun extends Partial<Omit<RunFile, "plan">> {
  readonly plan?: Partial<RunPlan>;
}

export function exampleRun(given: ExampleRun = {}): RunFile {
  return {
    schema: runSchema,
    runId: "20260101-abc",
    version: "0.1.0",
    schedule: { requests: 0, writes: 0, perStep: [], perOperation: {}, hash: "0123456789abcdef" },
    labels: {},
    gitRevision: null,
    machine: { hostname: "h", platform: "linux", kernel: "6", cpuModel: "c", cores: 2, memoryBytes: 1, node: "26" },
    pid: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    clockOffsetUs: {},
    target: { pids: [], found: "none" },
    steps: [],
    totals: {},
    validity: null,
    ended: null,
    ...given,
    plan: { ...examplePlan, ...given.plan },
  };
}

const examplePlan: RunPlan = {
  scenario: { name: "s", path: "s.ts", hash: "0" },
  target: "http://127.0.0.1:8460",
  targets: ["http://127.0.0.1:8460"],
  admin: "http://127.0.0.1:8461",
  seed: 1,
  peakRatePerSec: 200,
  pace: "poisson",
  precision: "timer",
  workers: 1,
  steps: [],
  connections: { ...plainNetwork, policy: "keep-alive", max: 10, deadlineUs: 10_000_000 },
  operations: [
    { name: "scan", kind: "read", weight: 9 },
    { name: "report", kind: "write", weight: 1 },
  ],
  journeys: [],
  users: { name: "citizens", pool: 10, popularity: "uniform" },
  prepare: null,
  lanes: null,
  observe: { prometheus: null, pids: [] },
  budgets: [],
  thirdParties: {},
  cleanup: { stores: [{ kind: "http", path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" }] },
  variables: {},
};

export function exampleJournal(given: Partial<JournalTotals> = {}): JournalTotals {
  return { files: 1, intents: 10, created: 8, rejected: 0, unsent: 0, unknown: 2, perOperation: {}, tornLines: 0, ...given };
}

export const exampleStorePlan: StorePlan = {
  name: "http",
  kind: "http",
  how: "DELETE http://127.0.0.1:8461/synthetic/r-1",
  secretFrom: "PEAKPROOF_TOKEN",
  batch: 500,
  rowsPerSec: 20_000,
};

export const exampleCleanupPlan: CleanupPlan = {
  runId: "r-1",
  created: 10,
  unknown: 0,
  stores: [exampleStorePlan],
  settleUs: 1_000_000,
  reason: null,
};

/** A journal that holds nothing. */
export const emptyJournal: JournalAccess = {
  async *created() {},
  async *accepted() {},
  async *open() {},
  async *retried() {},
};
