/** The health-code operations at rates that two shared cores carry easily, and budgets that this many samples can judge. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, report, scan } from "../../scenarios/health-code/operations.ts";

export default defineScenario({
  name: "everyday",
  ...addresses,
  load: { peak: { ratePerSec: 100 }, multiples: [1, 2], hold: "4s", warmup: "1s" },
  connections: { deadline: "4s" },
  users: citizens({ pool: 300, popularity: "zipf" }),
  prepare: { create: "citizen", count: 300 },
  operations: { scan: { ...scan, weight: 6 }, checkin: { ...checkin, weight: 1 }, report: { ...report, weight: 3 }, citizen },
  lanes: { trivial: "/ping" },
  observe: { prometheus: "/metrics" },
  budgets: ["response p90 <= 500ms", "errors <= 1%"],
  thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, notice: "a test's own stub" } },
  cleanup,
});
