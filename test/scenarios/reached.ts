/**
 * One read on a kept connection and one on a fresh one, reached in whatever way the variables say: `protocol`, `proxy`, `host`,
 * `serverName`, and `ca=yes`, `client=yes` for the test certificates.
 */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";

export default defineScenario(({ variables: { protocol, proxy, host, serverName, ca, client, fresh } }) =>
  defineScenario({
    name: "reached",
    target: "https://127.0.0.1:1",
    load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "1500ms", warmup: "500ms" },
    connections: {
      deadline: "2s",
      max: 20,
      protocol: protocol === "h2" ? "h2" : "h1",
      ...(proxy === undefined ? {} : { proxy }),
      ...(host === undefined ? {} : { host }),
      tls: {
        ...(serverName === undefined ? {} : { serverName }),
        ...(ca === undefined ? {} : { ca: "../certificates/ca.pem" }),
        ...(client === undefined
          ? {}
          : {
              cert: "../certificates/client.pem",
              key: "../certificates/client-key.pem",
              passphrase: "env:TEST_KEY_PASSPHRASE",
            }),
      },
    },
    users: citizens({ pool: 100 }),
    operations: {
      kept: { kind: "read", weight: 3, request: () => ({ path: "/kept" }) },
      once: { kind: "read", weight: fresh === undefined ? 0 : 1, request: () => ({ path: "/once" }), connection: "fresh" },
    },
  }),
);
