/**
 * What the untagged rows are, in one number: the count, and the sum mod 2^64 of a 64-bit digest per row (SHA-256, cut). A sum
 * does not depend on the order of rows and needs constant memory; equal sums of different sets have a chance of 2^-64.
 */
import { hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openForReading, tables } from "./schema.ts";

/** All genuine rows in two figures. */
export interface UntaggedRows {
  readonly count: number;
  /** 16 hexadecimal digits. */
  readonly checksum: string;
}

/** How long the scan may hold the event loop before others have their turn. */
const sliceMs = 4;
/** Rows between two looks at the clock. */
const rowsPerLook = 64;

/**
 * Reads every untagged row of all tables from one snapshot, on a connection of its own, in slices: the writer goes on meanwhile
 * (WAL), and what it commits after the start is not seen.
 */
export async function untaggedRows(databasePath: string): Promise<UntaggedRows> {
  const database = openForReading(databasePath);
  try {
    database.exec("BEGIN");
    return await scan(database);
  } finally {
    database.close();
  }
}

async function scan(database: DatabaseSync): Promise<UntaggedRows> {
  let count = 0;
  let sum = 0n;
  let sliceEndMs = performance.now() + sliceMs;
  for (const table of tables) {
    for (const row of database.prepare(`SELECT * FROM ${table} WHERE synthetic_run IS NULL`).iterate()) {
      count += 1;
      sum = BigInt.asUintN(64, sum + digest(table, row));
      if (count % rowsPerLook !== 0 || performance.now() < sliceEndMs) continue;
      await nextTurn();
      sliceEndMs = performance.now() + sliceMs;
    }
  }
  return { count, checksum: sum.toString(16).padStart(16, "0") };
}

function digest(table: string, row: object): bigint {
  return hash("sha256", `${table}${JSON.stringify(row)}`, "buffer").readBigUInt64LE();
}
