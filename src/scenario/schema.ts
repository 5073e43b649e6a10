/** The shape of a scenario in zod. Imported lazily, since zod costs about 90 ms: see `validate.ts`. */
import { z } from "zod";
import { fields } from "./fields.ts";
import { cleanupSchema } from "./schema-cleanup.ts";
import { leaf, listOf, named, shape } from "./schema-parts.ts";
import { faultsSchema, handshakeSchema, safetySchema, tagsSchema, writesSchema } from "./schema-safety.ts";

const retry = shape('retry: { attempts: 3, on: ["status:503", "connect"], backoff: "exponential" }', {
  attempts: leaf(fields.attempts),
  on: leaf(fields.retryOn).optional(),
  backoff: leaf(fields.backoff).optional(),
  base: leaf(fields.retryBase).optional(),
  max: leaf(fields.retryMax).optional(),
  jitter: leaf(fields.jitter).optional(),
  retryAfter: leaf(fields.retryAfter).optional(),
  attemptDeadline: leaf(fields.attemptDeadline).optional(),
  budget: leaf(fields.retryBudget).optional(),
});

const operation = shape('scan: { kind: "read", weight: 1, request: (user) => ({ path: `/codes/${user.id}` }) }', {
  kind: leaf(fields.kind),
  weight: leaf(fields.weight),
  request: leaf(fields.request),
  expect: shape("expect: { status: 200 }", { status: leaf(fields.status) }).optional(),
  checks: named(fields.check.write, leaf(fields.check)).optional(),
  created: leaf(fields.created).optional(),
  undo: leaf(fields.undo).optional(),
  readBack: leaf(fields.readBack).optional(),
  applied: leaf(fields.applied).optional(),
  connection: leaf(fields.connection).optional(),
  redirects: leaf(fields.redirects).optional(),
  retry: retry.optional(),
});

const journey = shape('visit: { weight: 1, steps: [{ operation: "scan" }, { operation: "report", think: "2s" }] }', {
  weight: leaf(fields.weight),
  steps: listOf(
    'steps: [{ operation: "scan" }]',
    shape('{ operation: "scan", think: "1s" }', {
      operation: leaf(fields.stepOperation),
      think: leaf(fields.think).optional(),
      when: leaf(fields.when).optional(),
      carry: leaf(fields.carry).optional(),
    }),
  ),
  cookies: leaf(fields.cookies).optional(),
});

const stage = shape('{ multiple: 3, ramp: "10s", hold: "30s" }', {
  multiple: leaf(fields.stageMultiple),
  ramp: leaf(fields.ramp).optional(),
  hold: leaf(fields.hold).optional(),
});

const load = shape('load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3], hold: "30s" }', {
  peak: shape("peak: { ratePerSec: 200 }", { ratePerSec: leaf(fields.ratePerSec) }),
  multiples: leaf(fields.multiples).optional(),
  hold: leaf(fields.hold).optional(),
  stages: listOf('stages: [{ multiple: 3, ramp: "10s", hold: "30s" }]', stage).optional(),
  warmup: leaf(fields.warmup).optional(),
  pace: leaf(fields.pace).optional(),
  precision: leaf(fields.precision).optional(),
});

const tls = shape('tls: { ca: "./ca.pem" }', {
  insecure: leaf(fields.insecure).optional(),
  serverName: leaf(fields.serverName).optional(),
  ca: leaf(fields.ca).optional(),
  cert: leaf(fields.cert).optional(),
  key: leaf(fields.key).optional(),
  passphrase: leaf(fields.passphrase).optional(),
});

const connections = shape('connections: { policy: "keep-alive", max: 2_000, deadline: "10s" }', {
  policy: leaf(fields.policy).optional(),
  max: leaf(fields.maxConnections).optional(),
  deadline: leaf(fields.deadline).optional(),
  protocol: leaf(fields.protocol).optional(),
  proxy: leaf(fields.proxy).optional(),
  resolve: named(fields.resolveAddress.write, leaf(fields.resolveAddress)).optional(),
  sourceAddresses: leaf(fields.sourceAddresses).optional(),
  host: leaf(fields.host).optional(),
  tls: tls.optional(),
});

/** Loose: an author's own source of users may have more than we ask for. */
const users = z.looseObject(
  { name: leaf(fields.usersName), pool: leaf(fields.pool), popularity: leaf(fields.popularity), user: leaf(fields.user) },
  { error: () => "users: citizens({ pool: 10_000 })" },
);

const thirdParty = shape('lab: { callsPer: { report: 1 }, limitPerSec: 400, notice: "ticket OPS-1234" }', {
  callsPer: named(fields.callsPer.write, leaf(fields.callsPer)),
  limitPerSec: leaf(fields.limitPerSec),
  notice: leaf(fields.notice).optional(),
  stubbed: leaf(fields.stubbed).optional(),
  meter: leaf(fields.meter).optional(),
});

export const scenarioSchema = shape("export default defineScenario({ ... })", {
  name: leaf(fields.name),
  target: leaf(fields.target),
  admin: leaf(fields.admin).optional(),
  load,
  connections: connections.optional(),
  users,
  prepare: shape('prepare: { create: "citizen", count: 10_000 }', {
    create: leaf(fields.createOperation),
    count: leaf(fields.createCount),
  }).optional(),
  operations: named("operations: { scan: { ... } }", operation),
  journeys: named("journeys: { visit: { ... } }", journey).optional(),
  setup: leaf(fields.setup).optional(),
  lanes: shape(`lanes: { ${fields.trivial.write} }`, { trivial: leaf(fields.trivial) }).optional(),
  observe: shape(`observe: { ${fields.prometheus.write} }`, {
    prometheus: leaf(fields.prometheus).optional(),
    pids: leaf(fields.pids).optional(),
  }).optional(),
  budgets: leaf(fields.budgets).optional(),
  thirdParties: named("thirdParties: { lab: { ... } }", thirdParty).optional(),
  faults: faultsSchema.optional(),
  tags: tagsSchema.optional(),
  handshake: handshakeSchema.optional(),
  writes: writesSchema.optional(),
  safety: safetySchema.optional(),
  cleanup: cleanupSchema.optional(),
});
