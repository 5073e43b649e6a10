/** The read side: does opening one's code hold five times the busiest minute? Nothing is written but the citizens to be read. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, citizen, cleanup, handshake, scan } from "./operations.ts";

export default defineScenario({
  name: "health-code-scan",
  ...addresses,

  // Peak is the busiest rate you know. Each multiple of it is held for a while, from the lowest to the highest; the warm-up before
  // them runs at the top rate and counts for nothing.
  load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3, 5], hold: "30s", warmup: "5s" },

  // A few people are looked up all the time and most hardly ever, so a cache has a fair chance.
  users: citizens({ pool: 10_000, popularity: "zipf" }),

  // Codes exist only for those who are registered: everyone in the pool is, before the load, and removed again after it.
  prepare: { create: "citizen", count: 10_000 },
  operations: { scan: { ...scan, weight: 1 }, citizen },

  // A path that costs the service nothing tells a slow handler from a slow network.
  lanes: { trivial: "/ping" },
  observe: { prometheus: "/metrics" },

  // What "holds" means. Without these the run still says where it breaks, but not whether that is good enough.
  budgets: ["scan response p99 <= 200ms up to 3x", "errors <= 0.1% up to 3x"],

  // No load before the registration of a citizen was recognised by its tag, and removed again.
  handshake,
  cleanup,
});
