/** What the databases hold, asked by plain statements of our own: a cleanup must not be its own witness. */
import { DatabaseSync } from "node:sqlite";
import { Redis } from "ioredis";
import postgres from "postgres";

/** Everything that a service has stored, its list of swept runs aside. */
export interface Truth {
  /** What carries a run's tag, one text each. */
  readonly tagged: readonly string[];
  /** Everything else by place and key, with all that it holds. */
  readonly untagged: ReadonlyMap<string, string>;
}

/** One stored thing; `run` null: genuine. */
interface Held {
  readonly place: string;
  readonly key: string;
  readonly run: string | null;
  readonly text: string;
}

const keyColumns = { citizens: "id", reports: "id", checkins: "id", idempotency_keys: "key" } as const;
const tables = Object.entries(keyColumns);

/** All that was found, in one. */
export function truthOf(held: readonly Held[]): Truth {
  const tagged = held.filter(({ run }) => run !== null).map(({ place, key, run }) => `${place} ${key} of ${run}`);
  const genuine = held.filter(({ run }) => run === null);
  return { tagged, untagged: new Map(genuine.map(({ place, key, text }) => [`${place} ${key}`, text])) };
}

/** Every row of an SQLite file. */
export function inSqlite(path: string): Held[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    return tables.flatMap(([place, key]) =>
      database
        .prepare(`SELECT * FROM ${place}`)
        .all()
        .map((row) => ({
          place,
          key: String(row[key]),
          run: row["synthetic_run"] as string | null,
          text: JSON.stringify(row),
        })),
    );
  } finally {
    database.close();
  }
}

/** Every row of a PostgreSQL database. */
export async function inPostgres(url: string): Promise<Held[]> {
  const sql = postgres(url, { max: 1 });
  try {
    const rows = await sql.unsafe<Held[]>(
      tables
        .map(
          ([table, key]) =>
            `SELECT '${table}' AS place, ${key} AS key, synthetic_run AS run, ${table}::text AS text FROM ${table}`,
        )
        .join(" UNION ALL "),
    );
    return [...rows];
  } finally {
    await sql.end();
  }
}

/** Every key of a Redis, and every entry of its streams. */
export async function inRedis(url: string): Promise<Held[]> {
  const redis = new Redis(url);
  try {
    const keys = new Set<string>();
    let cursor = "0";
    do {
      const [next, some] = await redis.scan(cursor);
      for (const key of some) keys.add(key);
      cursor = next;
    } while (cursor !== "0");
    return (await Promise.all([...keys].map((key) => heldAt(redis, key)))).flat();
  } finally {
    redis.disconnect();
  }
}

async function heldAt(redis: Redis, key: string): Promise<Held[]> {
  switch (await redis.type(key)) {
    case "set": // The swept runs.
      return [];
    case "stream":
      return (await redis.xrange(key, "-", "+")).map(([id, fields]) => {
        const run = fields[fields.indexOf("run") + 1] ?? "";
        return { place: key, key: id, run: run === "" ? null : run, text: fields.join(" ") };
      });
    default: {
      const run = /^(?:code|stats:reports):([^:]+)/.exec(key)?.[1] ?? "real";
      return [{ place: "redis", key, run: run === "real" ? null : run, text: (await redis.get(key)) ?? "" }];
    }
  }
}

/** What of genuine rows is not as it was, one text each. `isExpected`: a row or key that may be new or changed. */
export function changesBetween(
  { untagged: before }: Truth,
  { untagged: after }: Truth,
  isExpected: (key: string, text: string) => boolean = () => false,
): string[] {
  const gone = [...before.keys()].filter((key) => !after.has(key)).map((key) => `${key} is gone`);
  const different = [...after].filter(([key, text]) => before.get(key) !== text && !isExpected(key, text));
  return [...gone, ...different.map(([key, text]) => `${key} was ${before.get(key) ?? "not there"} and is ${text}`)];
}
