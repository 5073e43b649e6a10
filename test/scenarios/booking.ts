/** Someone logs in, looks for a free slot, and books one if there is any; others only ask how things are. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario({
  name: "booking",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 120 }, multiples: [1], hold: "3s", warmup: "0s" },
  connections: { deadline: "2s" },
  users: citizens({ pool: 1_000 }),
  operations: {
    status: { kind: "read", weight: 1, request: () => ({ path: "/status" }) },
    login: { kind: "read", weight: 0, request: (user) => ({ method: "POST", path: "/login", form: { user: user.id } }) },
    slots: {
      kind: "read",
      weight: 0,
      request: (_user, at) => ({ path: "/slots", headers: { authorization: `Bearer ${at.carried["token"]}` } }),
    },
    book: {
      kind: "write",
      weight: 0,
      request: (_user, at) => ({
        method: "POST",
        path: "/bookings",
        headers: { authorization: `Bearer ${at.carried["token"]}` },
        json: { slot: at.carried["slot"] },
      }),
      expect: { status: 201 },
      created: (reply) => reply.json.id,
    },
  },
  journeys: {
    booking: {
      weight: 4,
      steps: [
        { operation: "login", carry: (reply) => ({ token: reply.json.token }) },
        { operation: "slots", think: ["200ms", "600ms"], carry: (reply) => ({ slot: reply.json.free[0] }) },
        { operation: "book", think: "100ms", when: ({ slot }) => slot !== undefined },
      ],
    },
  },
  cleanup: { none: "the target keeps nothing beyond its test" },
});
