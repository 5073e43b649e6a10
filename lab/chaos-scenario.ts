/** What the generator of the chaos suite does before it is killed: every kind of write that the service knows, for a few seconds. */
import { defineScenario, type CleanupRules } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, checkin, citizen, cleanup, handshake, report, scan } from "../scenarios/health-code/operations.ts";

/** Longer than the service holds back a check-in: one that was accepted just before the end is seen before the run is closed. */
const settle = "1200ms";

const byItself: CleanupRules = { http: { ...cleanup.http, untagged: "/synthetic/{run}/untagged", settle } };

/** The databases behind the service's back. */
const direct: CleanupRules = {
  postgres: {
    url: "env:DATABASE_URL",
    tables: ["idempotency_keys", "reports", "checkins", "citizens"].map((name) => ({ name, changedAt: "changed_at" })),
    tombstones: "tombstones",
    settle,
  },
  redis: {
    url: "env:REDIS_URL",
    keys: ["code:{run}:*"],
    streams: [{ key: "checkins", field: "run" }],
    counters: [{ key: "stats:reports", addedIn: "stats:reports:{run}" }],
    untagged: ["code:*", "stats:reports"],
    tombstones: "tombstones",
    settle,
  },
};

export default defineScenario(({ variables }) =>
  defineScenario({
    name: "chaos",
    ...addresses,
    load: { peak: { ratePerSec: 60 }, multiples: [1], hold: "3s", warmup: "0s" },
    connections: { deadline: "1s" },
    users: citizens({ pool: 60 }),
    prepare: { create: "citizen", count: 60 },
    operations: {
      report: { ...report, weight: 3, retry: { attempts: 3, base: "20ms" } },
      checkin: { ...checkin, weight: 3 },
      scan: { ...scan, weight: 2 },
      citizen,
    },
    thirdParties: { lab: { callsPer: { report: 1 }, limitPerSec: 1_000, stubbed: true } },
    handshake,
    cleanup: variables["cleanup"] === "direct" ? direct : byItself,
  }),
);
