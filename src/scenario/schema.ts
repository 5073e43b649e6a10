/** The shape of a scenario in zod. Imported lazily, since zod costs about 90 ms: see `validate.ts`. */
import { z } from "zod";
import { fields, type Field } from "./fields.ts";

/** A leaf, judged by its field; the field travels with the issue. */
const leaf = (field: Field) => z.custom((value) => field.accepts(value), { params: { field } });

/**
 * An object with these keys and no others. The message carries what the reader of an issue needs: the keys there are for an
 * unknown one, and else an example of the whole.
 */
const shape = <Keys extends z.ZodRawShape>(example: string, keys: Keys) =>
  z.strictObject(keys, { error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(keys).join(" ") : example) });

const named = <Value extends z.ZodType>(example: string, value: Value) => z.record(z.string(), value, { error: () => example });

const operation = shape('scan: { kind: "read", weight: 1, request: (user) => ({ path: `/codes/${user.id}` }) }', {
  kind: leaf(fields.kind),
  weight: leaf(fields.weight),
  request: leaf(fields.request),
  expect: shape("expect: { status: 200 }", { status: leaf(fields.status) }).optional(),
  checks: named(fields.check.write, leaf(fields.check)).optional(),
  created: leaf(fields.created).optional(),
  undo: leaf(fields.undo).optional(),
});

const load = shape('load: { peak: { ratePerSec: 200 }, multiples: [1, 2, 3], hold: "30s" }', {
  peak: shape("peak: { ratePerSec: 200 }", { ratePerSec: leaf(fields.ratePerSec) }),
  multiples: leaf(fields.multiples),
  hold: leaf(fields.hold),
  warmup: leaf(fields.warmup).optional(),
  pace: leaf(fields.pace).optional(),
  precision: leaf(fields.precision).optional(),
});

const connections = shape('connections: { policy: "keep-alive", max: 2_000, deadline: "10s" }', {
  policy: leaf(fields.policy).optional(),
  max: leaf(fields.maxConnections).optional(),
  deadline: leaf(fields.deadline).optional(),
});

/** Loose: an author's own source of users may have more than we ask for. */
const users = z.looseObject(
  { name: leaf(fields.usersName), pool: leaf(fields.pool), popularity: leaf(fields.popularity), user: leaf(fields.user) },
  { error: () => "users: citizens({ pool: 10_000 })" },
);

const thirdParty = shape('lab: { callsPer: { report: 1 }, limitPerSec: 400, notice: "ticket OPS-1234" }', {
  callsPer: named(fields.callsPer.write, leaf(fields.callsPer)),
  limitPerSec: leaf(fields.limitPerSec),
  notice: leaf(fields.notice),
});

const cleanup = shape('cleanup: { http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" } }', {
  http: shape('http: { path: "/synthetic/{run}" }', {
    path: leaf(fields.cleanupPath),
    token: leaf(fields.token).optional(),
    batch: leaf(fields.batch).optional(),
    settle: leaf(fields.settle).optional(),
  }).optional(),
  none: leaf(fields.none).optional(),
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
  lanes: shape(`lanes: { ${fields.trivial.write} }`, { trivial: leaf(fields.trivial) }).optional(),
  observe: shape(`observe: { ${fields.prometheus.write} }`, {
    prometheus: leaf(fields.prometheus).optional(),
    pids: leaf(fields.pids).optional(),
  }).optional(),
  budgets: leaf(fields.budgets).optional(),
  thirdParties: named("thirdParties: { lab: { ... } }", thirdParty).optional(),
  cleanup: cleanup.optional(),
});
