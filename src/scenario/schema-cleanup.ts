/** The shape of `cleanup`: one store, several in an object, or a list of them. */
import { z } from "zod";
import { fields } from "./fields.ts";
import { leaf, named, shape } from "./schema-parts.ts";

const batchAndSettle = { batch: leaf(fields.batch).optional(), settle: leaf(fields.settle).optional() };

const rules = shape('cleanup: { http: { path: "/synthetic/{run}", token: "env:PEAKPROOF_TOKEN" } }', {
  http: shape('http: { path: "/synthetic/{run}" }', {
    path: leaf(fields.cleanupPath),
    token: leaf(fields.token).optional(),
    untagged: leaf(fields.untaggedPath).optional(),
    ...batchAndSettle,
  }).optional(),
  postgres: shape('postgres: { url: "env:DATABASE_URL", tables: ["reports"] }', {
    url: leaf(fields.postgresUrl),
    tables: leaf(fields.tables),
    tagColumn: leaf(fields.tagColumn).optional(),
    tombstones: leaf(fields.tombstoneTable).optional(),
    rowsPerSec: leaf(fields.rowsPerSec).optional(),
    ...batchAndSettle,
  }).optional(),
  redis: shape('redis: { url: "env:REDIS_URL", keys: ["code:{run}:*"] }', {
    url: leaf(fields.redisUrl),
    keys: leaf(fields.keys).optional(),
    streams: leaf(fields.streams).optional(),
    counters: leaf(fields.counters).optional(),
    untagged: leaf(fields.untaggedKeys).optional(),
    tombstones: leaf(fields.tombstoneSet).optional(),
    ...batchAndSettle,
  }).optional(),
  undo: shape('undo: { operations: ["report"] }', {
    operations: leaf(fields.undoOperations).optional(),
    ratePerSec: leaf(fields.undoRate).optional(),
    settle: leaf(fields.settle).optional(),
  }).optional(),
  custom: shape('custom: { name: "search index", look, remove }', {
    name: leaf(fields.customName),
    look: leaf(fields.look),
    remove: leaf(fields.remove),
    ...batchAndSettle,
  }).optional(),
  none: leaf(fields.none).optional(),
});

const judgedOne = named("cleanup: [{ redis: { ... } }, { postgres: { ... } }]", rules);

/** A list has its entries judged one by one, so that each fault says which. */
export const cleanupSchema = z.unknown().check((context) => {
  const { value } = context;
  const options = { reportInput: true };
  const judged = Array.isArray(value)
    ? judgedOne.safeParse(Object.fromEntries(value.entries()), options)
    : rules.safeParse(value, options);
  for (const issue of judged.error?.issues ?? []) context.issues.push({ ...issue, input: issue.input } as z.core.$ZodRawIssue);
});
