/** Which store a configuration means. */
import type { ServiceConfig } from "./config.ts";
import { connectPostgres } from "./postgres-connection.ts";
import { PostgresReader } from "./postgres-reader.ts";
import { createPostgresTables } from "./postgres-schema.ts";
import { PostgresStore } from "./postgres-store.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store, StoreReader } from "./store.ts";

/** The primary's: one for batches of writes, one for check-ins, the others for sweeps and whoever looks at them. */
const primaryConnections = 5;

/** The primary's store, its tables made where they are not there. Throws ServiceError where it cannot be reached. */
export async function openStore({ databaseUrl }: ServiceConfig, databasePath: string): Promise<Store> {
  if (databaseUrl === null) return new SqliteStore(databasePath);
  const sql = await connectPostgres(databaseUrl, primaryConnections);
  await createPostgresTables(sql);
  return new PostgresStore(sql);
}

/** A worker's reader, of tables that the primary has made. Throws ServiceError where the store cannot be reached. */
export async function openReader({ databaseUrl, storePoolSize }: ServiceConfig, databasePath: string): Promise<StoreReader> {
  if (databaseUrl === null) return new SqliteReader(databasePath);
  return new PostgresReader(await connectPostgres(databaseUrl, storePoolSize));
}
