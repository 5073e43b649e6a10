/** What a client must understand of replies: redirects, the cookies on them, and compressed bodies. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario({
  name: "replies",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 120 }, multiples: [1], hold: "2s", warmup: "0s" },
  connections: { deadline: "2s" },
  users: citizens({ pool: 100 }),
  operations: {
    followed: { kind: "read", weight: 1, request: () => ({ path: "/moved" }), redirects: 2 },
    shown: { kind: "read", weight: 1, request: () => ({ path: "/moved?asked=no" }), expect: { status: 302 } },
    lured: { kind: "read", weight: 1, request: () => ({ path: "/away" }), redirects: 2 },
    circling: { kind: "read", weight: 1, request: () => ({ path: "/circle" }), redirects: 3 },
    packed: {
      kind: "read",
      weight: 3,
      request: (_user, at) => ({
        path: `/packed/${["gzip", "br", "zstd"][at.index % 3]}`,
        headers: { "accept-encoding": "gzip, br, zstd" },
      }),
      checks: { readable: (reply) => reply.json.text === "核酸检测".repeat(200) },
    },
    enter: {
      kind: "read",
      weight: 0,
      request: () => ({ method: "POST", path: "/enter", form: { door: "3" } }),
      redirects: 1,
      checks: { inside: (reply) => reply.body === "inside" },
    },
    look: { kind: "read", weight: 0, request: () => ({ path: "/hall" }) },
  },
  journeys: { visit: { weight: 1, steps: [{ operation: "enter" }, { operation: "look", think: "50ms" }] } },
});
