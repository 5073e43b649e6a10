/**
 * Someone at a door opens their code and, where it is not green, declares their health and looks at what became of it: several requests
 * in order by one person, with time to think in between and values carried from reply to request.
 * `peakproof run scenarios/health-code/journey.ts --var pool=500 --hold 10s` for a quick look.
 */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, citizen, cleanup, handshakeOf, readReport, report, scan } from "./operations.ts";

export default defineScenario(({ variables }) => {
  const pool = Number(variables["pool"] ?? 5_000);

  return defineScenario({
    name: "health-code-journey",
    ...addresses,

    // The rate counts arrivals: a visit is one, however many requests it comes to.
    load: { peak: { ratePerSec: 100 }, multiples: [1, 2, 3], hold: "30s", warmup: "5s" },
    users: citizens({ pool, popularity: "zipf" }),
    prepare: { create: "citizen", count: pool },

    // Declarations of their own turn some codes yellow. What only journeys reach has weight 0.
    operations: {
      scan: { ...scan, weight: 0 },
      report: { ...report, weight: 1 },
      readReport: { ...readReport, weight: 0 },
      citizen,
    },

    journeys: {
      visit: {
        weight: 4,
        steps: [
          { operation: "scan", carry: (reply) => ({ color: reply.json.color }) },
          {
            operation: "report",
            // Filling in the form takes this long, or anything between.
            think: ["500ms", "2s"],
            when: ({ color }) => color !== "green",
            carry: (reply) => ({ reportId: reply.json.id }),
          },
          { operation: "readReport", think: "200ms", when: ({ reportId }) => reportId !== undefined },
        ],
      },
    },
    lanes: { trivial: "/ping" },
    observe: { prometheus: "/metrics" },

    // Budgets name operations, also those that only journeys reach.
    budgets: ["scan response p95 <= 200ms up to 2x", "errors <= 0.1% up to 2x"],
    // The reference service has a laboratory of its own, so that nobody's agreement can be broken.
    thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, stubbed: true } },
    handshake: handshakeOf(variables),
    cleanup,
  });
});
