/**
 * The morning rush: quiet, a steep climb, the rush itself, and quiet again. Does the service hold, and does it come back? One that
 * is still slow after the rush, at a rate that it carried before, keeps itself down by its own backlog or by its callers' retries.
 */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, handshake, scan } from "./operations.ts";

export default defineScenario({
  name: "health-code-surge",
  ...addresses,
  load: {
    peak: { ratePerSec: 200 },

    // One on the other's heels: nothing is drained in between. Holds are judged, ramps are not.
    stages: [
      { multiple: 0.5, hold: "20s" },
      { multiple: 3, ramp: "10s", hold: "30s" },
      { multiple: 0.5, ramp: "5s", hold: "20s" },
    ],
  },
  users: citizens({ pool: 5_000, popularity: "zipf" }),
  prepare: { create: "citizen", count: 5_000 },
  operations: {
    // An app that is refused tries again, three times in all, but never adds more than a fifth to the load.
    scan: { ...scan, weight: 4, retry: { attempts: 3, budget: 0.2 } },
    checkin: { ...checkin, weight: 1 },
    citizen,
  },
  lanes: { trivial: "/ping" },
  observe: { prometheus: "/metrics" },
  budgets: ["scan response p95 <= 200ms", "errors <= 0.1%"],
  handshake,
  cleanup,
});
