/** Reports, each of which calls a laboratory; what was agreed, and how its calls are counted, comes from the test. */
import { defineScenario } from "peakproof";

export default defineScenario(({ variables }) => ({
  name: "fan-out",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 20 }, multiples: [1], hold: variables["hold"] ?? "15s", pace: "uniform", warmup: "0s" },
  users: { name: "people", pool: 100, popularity: "uniform", user: (_seed: number, index: number) => ({ id: `u${index}` }) },
  operations: { report: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports" }) } },
  observe: { prometheus: "/metrics" },
  thirdParties: {
    lab: {
      callsPer: { report: 1 },
      limitPerSec: Number(variables["limit"] ?? 400),
      notice: "a test's own",
      ...(variables["meter"] === "prometheus" ? { meter: { prometheus: "lab_calls_total" } } : {}),
      ...(variables["meter"] === "proxy" ? { meter: { proxy: "lab" } } : {}),
    },
  },
  ...(variables["api"] === undefined
    ? {}
    : {
        faults: {
          api: variables["api"],
          toxics: [{ proxy: "lab", at: "500ms", for: "1s", type: "latency", attributes: { latency: 300 } }],
        },
      }),
  cleanup: { none: "the target forgets it all" },
}));
