/** Of what the schema of a scenario is made. Imported lazily with it. */
import { z } from "zod";
import type { Field } from "./fields.ts";

/** A leaf, judged by its field; the field travels with the issue. */
export const leaf = (field: Field) => z.custom((value) => field.accepts(value), { params: { field } });

/**
 * An object with these keys and no others. The message carries what the reader of an issue needs: the keys there are for an
 * unknown one, and else an example of the whole.
 */
export const shape = <Keys extends z.ZodRawShape>(example: string, keys: Keys) =>
  z.strictObject(keys, { error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(keys).join(" ") : example) });

export const named = <Value extends z.ZodType>(example: string, value: Value) =>
  z.record(z.string(), value, { error: () => example });

/** A list of objects; how many there may be is `cross-faults`' to say. */
export const listOf = <Value extends z.ZodType>(example: string, value: Value) => z.array(value, { error: () => example });
