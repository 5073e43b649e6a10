/** The everyday scenario with a hop for each place where the service keeps, or passes on, a tag. */
import { defineScenario, type HttpHop } from "peakproof";
import { handshakeOf } from "../../scenarios/health-code/operations.ts";
import everyday from "./everyday.ts";

export default defineScenario(({ variables }) => {
  const { laboratory, log } = handshakeOf(variables).hops;
  if (laboratory === undefined || log === undefined) throw new Error("give --var laboratory=... and --var log=...");
  const rows = (field: string): { readonly http: HttpHop } => ({
    http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN:-health-code-loopback-token", field },
  });
  return defineScenario({
    ...everyday,
    load: { peak: { ratePerSec: 50 }, multiples: [1], hold: "1s", warmup: "0s" },
    budgets: [],
    handshake: {
      within: variables["within"] ?? "5s",
      hops: {
        store: { operations: ["citizen", "report"], ...rows("rows.store") },
        // An idle queue is too quick to be caught with something in it: what passed it is in the store, with the tag that it kept.
        queue: { operations: ["checkin"], ...rows("rows.store") },
        // The scans beside the first canary fill it.
        cache: { operations: ["citizen"], ...rows("rows.cache") },
        laboratory,
        log,
      },
    },
  });
});
