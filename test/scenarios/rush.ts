/** A rush of visits, each of several requests, over TLS: stages and journeys at rates that two shared cores carry easily. */
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
import { addresses, citizen, cleanup, readReport, report, scan } from "../../scenarios/health-code/operations.ts";

export default defineScenario({
  name: "rush",
  ...addresses,
  load: {
    peak: { ratePerSec: 40 },
    stages: [
      { multiple: 1, hold: "2s" },
      { multiple: 3, ramp: "2s", hold: "3s" },
      { multiple: 0, ramp: "1s" },
    ],
  },
  connections: { deadline: "4s", tls: { ca: "../certificates/ca.pem" } },
  users: citizens({ pool: 100, popularity: "zipf" }),
  prepare: { create: "citizen", count: 100 },
  operations: {
    scan: { ...scan, weight: 1 },
    report: { ...report, weight: 0 },
    readReport: { ...readReport, weight: 0 },
    citizen,
  },
  journeys: {
    declare: {
      weight: 1,
      steps: [
        { operation: "report", carry: (reply) => ({ reportId: reply.json.id }) },
        { operation: "readReport", think: ["50ms", "200ms"] },
        { operation: "scan", when: ({ reportId }) => reportId === undefined },
      ],
    },
  },
  cleanup,
});
