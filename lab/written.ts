/** Declarations and visits, at the reference service, of which as many are read back as find a fault of 0.1 % with 95 %. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, report } from "../scenarios/health-code/operations.ts";

export default defineScenario({
  name: "written",
  ...addresses,
  load: { peak: { ratePerSec: 400 }, multiples: [1], hold: "17s", warmup: "0s" },
  users: citizens({ pool: 300 }),
  prepare: { create: "citizen", count: 300 },
  operations: { report: { ...report, weight: 1 }, checkin: { ...checkin, weight: 1 }, citizen },
  thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, stubbed: true } },
  writes: { within: "3s" },
  cleanup,
});
