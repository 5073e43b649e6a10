/** One connection to a PostgreSQL whose every statement is bounded, on both sides. */
import type { Sql } from "postgres";
import type { Network } from "../../src/model/plan.ts";
import { makeRedactor } from "../../src/safety/redact.ts";
import { postgresSocket } from "../../src/wire/database-connect.ts";
import { endsConnection, postgresFault } from "./faults.ts";
import { StoreFault } from "../store.ts";

export const postgresBounds = {
  /** One statement that locks rows. A batch takes milliseconds; nobody may have to wait longer for one that does not. A guess. */
  statementUs: 10_000_000,
  /** One statement that only reads: a table from end to end. A guess at the largest that is worth a proof, some 100 GB. */
  readingUs: 600_000_000,
  /** Wait for a lock, after which we step back: others queue up behind us meanwhile. A guess. */
  lockUs: 1_000_000,
  /** Connecting and signing in. */
  connectUs: 10_000_000,
  /** How much later than the server we give a statement up ourselves: only where the way to it is cut. */
  graceUs: 5_000_000,
} as const;

/**
 * Settings of the connection. A row's text, and so its digest, depends on the first five; a table without a usable index is
 * walked by blocks, so that no statement that changes anything needs a scan of all of it; hidden rows are an error rather than unseen.
 */
const settings = {
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  application_name: "peakproof",
  default_transaction_isolation: "read committed",
  enable_seqscan: "off",
  row_security: "off",
} as const;

export interface ConnectionOptions {
  readonly url: string;
  /** By which its name is looked up. */
  readonly network: Pick<Network, "permitted">;
  readonly signal?: AbortSignal | undefined;
  /** Bound on one statement, microseconds; default: {@link postgresBounds}. */
  readonly timeoutUs?: number | undefined;
}

export class PostgresConnection {
  readonly #sql: Sql;
  readonly #options: ConnectionOptions;
  readonly #clean: (text: string) => string;
  #boundUs: number;
  #ended = false;

  private constructor(sql: Sql, options: ConnectionOptions, clean: (text: string) => string) {
    this.#sql = sql;
    this.#options = options;
    this.#clean = clean;
    this.#boundUs = this.#within(postgresBounds.statementUs);
  }

  /** Connects. Throws a StoreFault; `usage` where the package or an address is missing. */
  static async open(options: ConnectionOptions): Promise<PostgresConnection> {
    const { address, password } = addressOf(options.url);
    const { default: postgres } = await import("postgres").catch(missingPackage);
    const clean = makeRedactor({}, [password, options.url]);
    const statementMs = Math.min(postgresBounds.statementUs, options.timeoutUs ?? Infinity) / 1_000;
    const sql = postgres(address, {
      ...postgresSocket(address, options.network),
      max: 1,
      fetch_types: false,
      idle_timeout: undefined,
      max_lifetime: null,
      onnotice: () => undefined,
      connect_timeout: postgresBounds.connectUs / 1_000_000,
      onclose: () => connection.#end(),
      connection: {
        ...settings,
        statement_timeout: Math.ceil(statementMs),
        lock_timeout: postgresBounds.lockUs / 1_000,
        idle_in_transaction_session_timeout: postgresBounds.statementUs / 1_000,
      },
    });
    const connection = new PostgresConnection(sql, options, clean);
    await connection.rows("SELECT 1").catch(async (thrown: unknown) => {
      await connection.close();
      throw thrown;
    });
    return connection;
  }

  /** Whether it can be used no more. A new one knows nothing of what this one held: temporary tables, a transaction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The rows that a statement gives. Without parameters it may be several statements. Throws a StoreFault. */
  async rows<Shape>(text: string, parameters: readonly string[] = []): Promise<readonly Shape[]> {
    return (await this.#run(text, parameters)) as unknown as readonly Shape[];
  }

  /** How many rows a statement has changed. Throws a StoreFault. */
  async change(text: string, parameters: readonly string[] = []): Promise<number> {
    return (await this.#run(text, parameters)).count;
  }

  /** What `work` reads in one snapshot: each statement sees the tables as they were at the first. */
  async reading<Result>(work: () => Promise<Result>): Promise<Result> {
    const bounded = this.#boundUs;
    await this.beginReading();
    try {
      return await this.#settled(work);
    } finally {
      this.#boundUs = bounded;
    }
  }

  /** The same for a connection that does nothing else until it is closed. */
  async beginReading(): Promise<void> {
    this.#boundUs = this.#within(postgresBounds.readingUs);
    const ms = Math.ceil(this.#boundUs / 1_000);
    const local = `SET LOCAL statement_timeout = ${ms}; SET LOCAL idle_in_transaction_session_timeout = ${ms}`;
    await this.rows(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${local}; SET LOCAL enable_seqscan = on`);
  }

  /** `work` as one transaction in which each statement sees what was committed before it. */
  async writing<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.rows("BEGIN");
    return this.#settled(work);
  }

  async close(): Promise<void> {
    this.#end();
    await this.#sql.end({ timeout: 0 });
  }

  /** Ends the transaction that was begun, one way or the other. */
  async #settled<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      await this.rows("COMMIT");
      return result;
    } catch (thrown) {
      if (!this.#ended) await this.rows("ROLLBACK");
      throw thrown;
    }
  }

  async #run(text: string, parameters: readonly string[]) {
    const { signal } = this.#options;
    if (this.#ended || signal?.aborted === true) throw this.#fault(Object.assign(new Error("the connection has ended"), closed));
    const giveUp = (): void => void this.close();
    const timer = setTimeout(giveUp, (this.#boundUs + postgresBounds.graceUs) / 1_000);
    signal?.addEventListener("abort", giveUp);
    try {
      return await this.#sql.unsafe(text, [...parameters], { prepare: parameters.length > 0 });
    } catch (thrown) {
      if (endsConnection(thrown)) this.#end();
      throw this.#fault(thrown);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #fault(thrown: unknown): StoreFault {
    return postgresFault(thrown, this.#boundUs, this.#clean);
  }

  #end(): void {
    this.#ended = true;
  }

  #within(us: number): number {
    return Math.min(us, this.#options.timeoutUs ?? us);
  }
}

const closed = { code: "CONNECTION_CLOSED" };

/** The address without settings of its own that would undo ours, and its password. What cannot be read is not repeated. */
function addressOf(url: string): { readonly address: string; readonly password: string } {
  try {
    const parsed = new URL(url);
    const encryption = [...parsed.searchParams].filter(([key]) => key.startsWith("ssl"));
    parsed.search = new URLSearchParams(encryption).toString();
    const password = decodeURIComponent(parsed.password);
    if (/^postgres(ql)?:$/.test(parsed.protocol)) return { address: parsed.href, password };
  } catch {
    // Said below: the error would quote the address.
  }
  throw new StoreFault("usage", "the address of the database cannot be used", {
    detail: { expected: "postgres://user:password@host:port/database, of one host, with what is special in it percent-encoded" },
  });
}

function missingPackage(): never {
  throw new StoreFault("usage", "the package postgres, by which cleanup.postgres works, is not installed", {
    detail: { fix: "npm install postgres" },
  });
}
