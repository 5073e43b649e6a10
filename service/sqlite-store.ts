/** The embedded store: every change goes through this one writer, in transactions, on the primary's thread. */
import type { DatabaseSync } from "node:sqlite";
import type { Citizen, CommandResult, QueuedCheckin, Run, WriteCommand } from "./messages.ts";
import { residentAt, seededMs } from "./residents.ts";
import { openForWriting } from "./sqlite-schema.ts";
import { prepareStatements, type Statements } from "./sqlite-statements.ts";
import { Tombstones } from "./sqlite-tombstones.ts";
import { untaggedOf, untaggedRowsOf } from "./sqlite-untagged.ts";
import { tables, type Store, type UntaggedRow, type UntaggedRows } from "./store.ts";

/** Each call is one short hold of the event loop and has happened when it returns: nothing can come in between. */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #tombstones: Tombstones;
  /** Rows in all tables; exact, since nobody else writes. */
  #tagged: number;
  #untagged: number;

  /** Throws what SQLite throws where the file is none of ours or cannot be made. */
  constructor(path: string) {
    this.#path = path;
    this.#database = openForWriting(path);
    this.#statements = prepareStatements(this.#database);
    this.#tombstones = new Tombstones(this.#database);
    this.#tagged = this.#countAll("IS NOT NULL");
    this.#untagged = this.#countAll("IS NULL");
  }

  async rows(): Promise<{ tagged: number; untagged: number }> {
    return { tagged: this.#tagged, untagged: this.#untagged };
  }

  async seed(count: number): Promise<void> {
    this.#transaction(() => {
      for (let at = 1; at <= count; at++) this.#addCitizen(null, residentAt(at), seededMs);
    });
  }

  async apply(commands: readonly WriteCommand[]): Promise<CommandResult[]> {
    try {
      return this.#transaction(() => commands.map((command) => this.#apply(command)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return commands.map(() => ({ outcome: "failed", message }));
    }
  }

  async addCheckins(checkins: readonly QueuedCheckin[]): Promise<number> {
    const wanted = checkins.filter(({ run }) => !this.#tombstones.has(run));
    const nowMs = Date.now();
    this.#transaction(() => {
      for (const { run, checkin } of wanted) {
        const { id, citizenId, venueId, atMs, requestId } = checkin;
        this.#count(run, this.#statements.addCheckin.run(id, citizenId, venueId, atMs, requestId, nowMs, run).changes);
      }
    });
    return checkins.length - wanted.length;
  }

  async rowsOf(run: string): Promise<number> {
    return this.#statements.rowsOfRun.reduce((sum, statement) => sum + (statement.get(run) as { count: number }).count, 0);
  }

  async removeRun(run: string, limit: number): Promise<number> {
    return this.#transaction(() => {
      let removed = 0;
      for (const statement of this.#statements.removeRun) {
        if (removed < limit) removed += Number(statement.run(run, limit - removed).changes);
      }
      this.#tagged -= removed;
      return removed;
    });
  }

  async isTombstoned(run: string): Promise<boolean> {
    return this.#tombstones.has(run);
  }

  async addTombstone(run: string): Promise<void> {
    this.#tombstones.add(run);
  }

  async tombstones(): Promise<string[]> {
    return this.#tombstones.list();
  }

  untagged(): Promise<UntaggedRows> {
    return untaggedOf(this.#path);
  }

  untaggedRows(): AsyncIterable<UntaggedRow> {
    return untaggedRowsOf(this.#path);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #apply(command: WriteCommand): CommandResult {
    if (command.kind === "remove-report") return this.#removeReport(command.run, command.id);
    if (this.#tombstones.has(command.run)) return { outcome: "tombstoned" };
    if (command.kind === "add-report") return this.#addReport(command);
    const { id } = command.citizen;
    return { outcome: this.#addCitizen(command.run, command.citizen, Date.now()) ? "created" : "existing", id };
  }

  #addCitizen(run: Run, citizen: Citizen, registeredMs: number): boolean {
    const { id, name, idNumber, phone } = citizen;
    const { changes } = this.#statements.addCitizen.run(id, name, idNumber, phone, registeredMs, run);
    this.#count(run, changes);
    return Number(changes) === 1;
  }

  #addReport({ run, report, keyUse }: Extract<WriteCommand, { kind: "add-report" }>): CommandResult {
    const { id, citizenId, symptoms, temperature, declaration, color, reportedAtMs, requestId } = report;
    if (keyUse !== null) {
      const used = this.#statements.keyUse.get(keyUse.key, run) as { fingerprint: string; id: string } | undefined;
      if (used !== undefined && used.fingerprint !== keyUse.fingerprint) return { outcome: "key-reused" };
      if (used !== undefined) return { outcome: "existing", id: used.id };
      this.#count(run, this.#statements.addKey.run(keyUse.key, keyUse.fingerprint, id, reportedAtMs, run).changes);
    }
    const symptomsText = JSON.stringify(symptoms);
    const values = [id, citizenId, symptomsText, temperature, declaration, color, reportedAtMs, requestId, run];
    this.#count(run, this.#statements.addReport.run(...values).changes);
    return { outcome: "created", id };
  }

  /** A tagged request removes only what its own run made; the key goes with the report, or it would name one that is gone. */
  #removeReport(run: Run, id: string): CommandResult {
    const owner = this.#statements.runOfReport.get(id) as { run: Run } | undefined;
    if (owner === undefined || (run !== null && owner.run !== run)) return { outcome: "missing" };
    this.#count(owner.run, -Number(this.#statements.removeReport.run(id).changes));
    this.#count(owner.run, -Number(this.#statements.removeKeyOf.run(id).changes));
    return { outcome: "removed", run: owner.run };
  }

  #count(run: Run, changes: number | bigint): void {
    if (run === null) this.#untagged += Number(changes);
    else this.#tagged += Number(changes);
  }

  #countAll(condition: string): number {
    return tables.reduce((sum, table) => {
      const row = this.#database.prepare(`SELECT count(*) AS count FROM ${table} WHERE synthetic_run ${condition}`).get();
      return sum + Number(row?.["count"] ?? 0);
    }, 0);
  }

  #transaction<Result>(work: () => Result): Result {
    const before = { tagged: this.#tagged, untagged: this.#untagged };
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#tagged = before.tagged;
      this.#untagged = before.untagged;
      throw error;
    }
  }
}
