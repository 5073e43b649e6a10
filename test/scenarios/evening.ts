/** Quiet, a rise to a surge, and a slow fall: rates that one core carries easily. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario({
  name: "evening",
  target: "http://127.0.0.1:1",
  load: {
    peak: { ratePerSec: 100 },
    stages: [
      { multiple: 0.5, hold: "2s" },
      { multiple: 4, ramp: "3s", hold: "2s" },
      { multiple: 0, ramp: "2s" },
    ],
  },
  connections: { deadline: "2s" },
  users: citizens({ pool: 100 }),
  operations: { open: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
  budgets: ["response p75 <= 500ms"],
});
