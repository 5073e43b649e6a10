/**
 * A day at the doors: mostly codes being opened, visits being noted, now and then a declaration. This is the one to start from.
 * `peakproof run scenarios/health-code/mixed.ts --var pool=1000 --hold 5s` for a quick look.
 */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, handshakeOf, report, scan } from "./operations.ts";

export default defineScenario(({ variables }) => {
  // `--var pool=...` changes how many people there are, and with them how well a cache does and how long the preparation takes.
  const pool = Number(variables["pool"] ?? 10_000);

  // The inner defineScenario lets an operation written here know what its user is.
  return defineScenario({
    name: "health-code-mixed",
    ...addresses,
    load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3, 5], hold: "30s", warmup: "5s" },
    connections: { policy: "keep-alive", max: 2_000, deadline: "10s" },
    users: citizens({ pool, popularity: "zipf" }),
    prepare: { create: "citizen", count: pool },
    operations: {
      scan: { ...scan, weight: 7 },
      checkin: { ...checkin, weight: 2 },
      report: { ...report, weight: 1 },
      citizen,
    },
    lanes: { trivial: "/ping" },
    observe: { prometheus: "/metrics" },
    // A percentile needs ten requests beyond it before it is judged: p95 needs 200, p99 would need 1,000 at every step.
    budgets: ["scan response p95 <= 200ms up to 3x", "report response p90 <= 500ms up to 3x", "errors <= 0.1% up to 3x"],
    // The reference service has a laboratory of its own, so that nobody's agreement can be broken.
    thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 400, stubbed: true } },
    handshake: handshakeOf(variables),
    cleanup,
  });
});
