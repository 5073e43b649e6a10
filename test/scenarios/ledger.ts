/** Payments that are booked at once, and orders that a queue takes and books later, at whatever target is given. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario(({ variables }) =>
  defineScenario({
    name: "ledger",
    target: "http://127.0.0.1:1",
    load: { peak: { ratePerSec: 300 }, multiples: [1], hold: "1s", warmup: "0s" },
    users: citizens({ pool: 50 }),
    operations: {
      pay: {
        kind: "write",
        weight: 3,
        request: (_, at) => ({ method: "POST", path: "/payments", headers: { "idempotency-key": `pay-${at.index}` } }),
        created: (reply) => reply.json.id,
        readBack: ({ id }) => ({ path: `/payments/${id}` }),
        applied: (reply) => reply.json.times,
      },
      order: {
        kind: "write",
        weight: 1,
        request: (_, at) => ({ method: "POST", path: "/orders", headers: { "idempotency-key": `order-${at.index}` } }),
        expect: { status: 202 },
        readBack: ({ key }) => ({ path: `/orders/${key}` }),
      },
    },
    writes: {
      readBack: Number(variables["readBack"] ?? 3_000),
      within: variables["within"] ?? "1500ms",
      replay: Number(variables["replay"] ?? 0),
    },
    cleanup: { none: "the target is a test's own and forgets everything" },
  }),
);
