/** A scenario as its file is loaded, for the tests of its plan. */
import type { ScenarioInput } from "../model/scenario.ts";
import type { Scenario } from "./load.ts";

/** What its author wrote. */
export const input: ScenarioInput = {
  name: "mine",
  target: "http://127.0.0.1:8460/",
  load: { peak: { ratePerSec: 200 }, multiples: [3, 1, 2], hold: "30s" },
  users: { name: "people", pool: 100, popularity: "zipf", user: (seed, index) => ({ id: `${seed}-${index}` }) },
  operations: {
    scan: { kind: "read", weight: 9, request: () => ({ path: "/" }) },
    report: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports" }) },
  },
  cleanup: { none: "thrown away" },
};

/** The same with some of its keys replaced. */
export const scenarioOf = (changes: Partial<ScenarioInput> = {}): Scenario => ({
  path: "/tmp/mine.ts",
  hash: "0123456789abcdef",
  input: { ...input, ...changes },
});
