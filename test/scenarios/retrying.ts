/** The same refusals met by clients of different patience. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario({
  name: "retrying",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 150 }, multiples: [1], hold: "2s", warmup: "0s" },
  connections: { deadline: "4s" },
  users: citizens({ pool: 100 }),
  operations: {
    plain: { kind: "read", weight: 1, request: () => ({ path: "/plain" }) },
    patient: { kind: "read", weight: 1, request: () => ({ path: "/patient" }), retry: { attempts: 3, base: "10ms" } },
    stubborn: {
      kind: "read",
      weight: 1,
      request: () => ({ path: "/stubborn" }),
      retry: { attempts: 4, on: ["status"], backoff: "fixed", base: "200ms", jitter: 0, retryAfter: false },
    },
    thrifty: {
      kind: "read",
      weight: 2,
      request: () => ({ path: "/thrifty" }),
      retry: { attempts: 5, base: "10ms", retryAfter: false, budget: 0.2 },
    },
    order: {
      kind: "write",
      weight: 1,
      request: (user, at) => ({
        method: "POST",
        path: "/orders",
        headers: { "idempotency-key": `${user.id}-${at.index}` },
        json: { by: user.id },
      }),
      created: (reply) => reply.json.id,
      retry: { attempts: 3, backoff: "none", retryAfter: false },
    },
  },
  cleanup: { none: "the target keeps nothing beyond its test" },
});
