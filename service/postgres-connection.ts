/** Connections to PostgreSQL by the package `postgres`, which is loaded only where an address was given. */
import type postgres from "postgres";
import type { Sql, TransactionSql } from "postgres";
import { ServiceError } from "./errors.ts";

export type { Sql };
export type Transaction = TransactionSql;

/** How long one may take to come about, in seconds. */
const connectTimeoutSeconds = 5;

/** How long a service that hangs in a transaction may keep others from its locks. */
const longestPauseMs = 5_000;

/**
 * A pool of at most so many connections. A connection that is lost is made again with the next query; what it was doing fails.
 * Throws ServiceError `start-failed` where the package is not there or nobody answers.
 */
export async function connectPostgres(url: string, connections: number): Promise<Sql> {
  const connect = await load();
  const sql = connect(url, {
    max: connections,
    connect_timeout: connectTimeoutSeconds,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      application_name: "health-code",
      idle_in_transaction_session_timeout: longestPauseMs,
      TimeZone: "UTC",
      DateStyle: "ISO, YMD",
    },
  });
  try {
    await sql`SELECT 1`;
    return sql;
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw new ServiceError("start-failed", `PostgreSQL cannot be used: ${messageOf(error)}`);
  }
}

async function load(): Promise<typeof postgres> {
  try {
    return (await import("postgres")).default;
  } catch {
    throw new ServiceError("start-failed", "databaseUrl needs the package postgres: npm install postgres");
  }
}

/** An error's own words: never the address, which may hold a password. */
export function messageOf(error: unknown): string {
  const { message, code } = error as Partial<NodeJS.ErrnoException>;
  return message === undefined || message === "" ? (code ?? String(error)) : message;
}
