/** A handshake before rows that PostgreSQL and Redis hold, both swept directly: `--var database=postgres://... --var redis=redis://...`. */
import { defineScenario } from "peakproof";
import { checkin, citizen, cleanup as http, report, scan } from "../../scenarios/health-code/operations.ts";
import everyday from "./everyday.ts";

export default defineScenario(({ variables }) => {
  const { database, redis } = variables;
  if (database === undefined || redis === undefined) throw new Error("give --var database=... and --var redis=...");
  const counted = { addedIn: "stats:reports:{run}" };
  const byJournal = { perCreated: { report: 1 } };
  return defineScenario({
    ...everyday,
    // The canary of a check-in is sent after that of a report, which has raised the counter by then.
    operations: { scan: { ...scan, weight: 1 }, report: { ...report, weight: 1 }, checkin: { ...checkin, weight: 1 }, citizen },
    load: { peak: { ratePerSec: 50 }, multiples: [1], hold: "1s", warmup: "0s" },
    budgets: [],
    handshake: { hops: { store: { http: { ...http.http, field: "rows.store" } } } },
    cleanup: {
      redis: {
        url: redis,
        keys: variables["counted"] === "by journal" ? ["code:{run}:*", "stats:reports:{run}"] : ["code:{run}:*"],
        streams: [{ key: "checkins", field: "run" }],
        counters: [{ key: "stats:reports", ...(variables["counted"] === "by journal" ? byJournal : counted) }],
        untagged: ["code:real:*", "stats:reports"],
        tombstones: "tombstones",
        settle: "300ms",
      },
      postgres: {
        url: database,
        tables: ["idempotency_keys", "reports", "checkins", { name: "citizens", changedAt: "changed_at" }],
        tombstones: "tombstones",
        settle: "300ms",
      },
    },
  });
});
