/** The write side: declarations, each of which calls a laboratory, and check-ins, which are queued. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, handshake, report } from "./operations.ts";

export default defineScenario({
  name: "health-code-report",
  ...addresses,
  load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3, 5], hold: "30s", warmup: "5s" },

  // Nobody declares much more often than anyone else.
  users: citizens({ pool: 10_000 }),
  prepare: { create: "citizen", count: 10_000 },

  // Weights are shares of the arrivals: one declaration for every three visits.
  operations: { report: { ...report, weight: 1 }, checkin: { ...checkin, weight: 3 }, citizen },
  lanes: { trivial: "/ping" },
  observe: { prometheus: "/metrics" },
  budgets: ["report response p99 <= 500ms up to 3x", "checkin response p99 <= 200ms up to 3x", "errors <= 0.1% up to 3x"],

  // Someone else's system takes part: how many of its calls each operation causes, what was agreed with its owner, and where the
  // test was announced (notice: "ticket OPS-1234"). A run that would break the agreement is refused before the first request, unless a
  // stand-in takes the third party's place, as here: the reference service has a laboratory of its own.
  thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, stubbed: true } },

  // No load before one write of each kind was recognised by its tag, and removed again.
  handshake,

  // "Accepted" is not "stored": some of the accepted writes are read back by what `readBack` of their operations says, and one in a
  // hundred declarations is sent twice on purpose, which its key must make harmless.
  writes: { replay: 0.01 },

  // A scenario that writes must say how its rows are removed, or why they need not be: cleanup: { none: "..." }.
  cleanup,
});
