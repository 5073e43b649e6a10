/** Foreign keys by which rows refer to those that are swept. */
import type { PostgresConnection } from "./connection.ts";
import type { SweptTable } from "./tables.ts";

export interface Reference {
  readonly name: string;
  /** Whose rows refer. */
  readonly child: string;
  /** Quoted, with its schema. */
  readonly childName: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly keys: readonly string[];
  /** What a DELETE of the row that is referred to does (`pg_constraint.confdeltype`): nothing, restrict, cascade, set null, set default. */
  readonly action: "a" | "r" | "c" | "n" | "d";
  /** Whether those that refer to a row are found without reading all of them, which PostgreSQL does for each row that is deleted. */
  readonly indexed: boolean;
}

/** All that refer to one of the tables, from wherever. A partition stands for its whole table. Throws a StoreFault. */
export async function readReferences(
  connection: PostgresConnection,
  tables: readonly SweptTable[],
): Promise<readonly Reference[]> {
  const oids = tables.map(({ oid }) => oid).join(", ");
  const found = await connection.rows<{ reference: Reference }>(`
    SELECT json_build_object(
      'name', conname, 'action', confdeltype,
      'child', child::bigint::text, 'childName', format('%I.%I', n.nspname, c.relname), 'parent', parent::bigint::text,
      'indexed', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = conrelid AND i.indisvalid AND i.indkey[0] = ANY (conkey)),
      'columns', (SELECT json_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.attnum),
      'keys', (SELECT json_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = k.attnum)
    ) AS reference
    FROM pg_constraint,
      LATERAL (SELECT coalesce(pg_partition_root(conrelid), conrelid)::oid AS child,
        coalesce(pg_partition_root(confrelid), confrelid)::oid AS parent) AS whole
      JOIN pg_class c ON c.oid = child JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE contype = 'f' AND conparentid = 0 AND parent IN (${oids}) ORDER BY conname`);
  return found.map(({ reference }) => reference);
}
