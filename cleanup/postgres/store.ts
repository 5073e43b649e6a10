/**
 * The run's rows in tables of a PostgreSQL, by a column that holds the run id or by created ids. Needs SELECT, UPDATE (to lock rows) and
 * DELETE on them, INSERT on the table of tombstones, TEMPORARY on the database for created ids, and SELECT on what refers to them.
 */
import type { StorePlan, StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import type { PostgresCleanup } from "../../src/model/cleanup-rules.ts";
import { PostgresConnection } from "./connection.ts";
import { loadCreated } from "./created.ts";
import { guardEarlierRows } from "./earlier-rows.ts";
import { guardTables } from "./guard.ts";
import { readState, readUntagged } from "./look.ts";
import { PostgresRemoval } from "./removal.ts";
import { readCatalog, slowTables, type Looked } from "./tables.ts";
import { StoreFault, type Removal, type Store, type StoreContext } from "../store.ts";

/** One connection, opened at the first call and again after it was lost; a list of rows has one of its own. */
export class PostgresStore implements Store {
  readonly #settings: PostgresCleanup;
  readonly #plan: StorePlan;
  readonly #context: StoreContext;
  #looked: Looked | null = null;
  #removal: PostgresRemoval | null = null;
  /** Whether the connection holds the created ids. */
  #hasCreated = false;
  /** What the guard could not check. */
  #unchecked: readonly string[] = [];

  constructor(settings: PostgresCleanup, plan: StorePlan, context: StoreContext) {
    this.#settings = settings;
    this.#plan = plan;
    this.#context = context;
  }

  /** What makes this sweep slower than it could be, and what it cannot check, a sentence each; empty before the first look. */
  get warnings(): readonly string[] {
    return this.#looked === null ? [] : [...slowTables(this.#looked), ...this.#unchecked];
  }

  /** Reads the journal again: it may have grown since. */
  async look(): Promise<StoreState> {
    this.#hasCreated = false;
    this.#removal = null;
    return readState(await this.#open());
  }

  /** Reads the catalog again: foreign keys and triggers may have come since. */
  async guard(): Promise<void> {
    const { connection, runId } = await this.#open();
    this.#removal = null;
    this.#looked = await readCatalog(connection, this.#settings, runId);
    await guardTables(this.#looked);
    this.#unchecked = await guardEarlierRows(
      this.#looked,
      async () => (await this.#context.untaggedThen?.(this.#plan.name)) ?? null,
    );
  }

  async remove(limit: number): Promise<Removal> {
    const looked = await this.#open();
    this.#removal ??= await PostgresRemoval.begin(looked);
    try {
      return await this.#removal.remove(limit);
    } catch (thrown) {
      // What a broken walk knew may be out of date.
      this.#removal = null;
      throw thrown;
    }
  }

  async *untaggedRows(): AsyncGenerator<UntaggedRow> {
    const looked = await this.#connect();
    try {
      await loadCreated(looked.connection, looked.tables, this.#context.journal);
      yield* readUntagged(looked);
    } finally {
      await looked.connection.close();
    }
  }

  async close(): Promise<void> {
    await this.#looked?.connection.close();
  }

  async #open(): Promise<Looked> {
    if (this.#looked === null || this.#looked.connection.ended) {
      this.#removal = null;
      this.#hasCreated = false;
      this.#looked = await this.#connect();
    }
    if (!this.#hasCreated) await loadCreated(this.#looked.connection, this.#looked.tables, this.#context.journal);
    this.#hasCreated = true;
    return this.#looked;
  }

  async #connect(): Promise<Looked> {
    const { run, secret, signal, timeoutUs } = this.#context;
    const url = this.#plan.secretFrom === null ? this.#settings.url : secret;
    if (url === null) throw noAddress(this.#plan.secretFrom ?? "");
    const connection = await PostgresConnection.open({ url, network: run.plan.connections, signal, timeoutUs });
    try {
      return await readCatalog(connection, this.#settings, run.runId);
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  }
}

function noAddress(variable: string): StoreFault {
  return new StoreFault("usage", `the environment variable ${variable} holds no address of a database`, {
    detail: { expected: "postgres://user:password@host:port/database", fix: `set ${variable}` },
  });
}
