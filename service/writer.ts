/** The one writer: every change of the store goes through here, in transactions, on the primary's thread. */
import type { DatabaseSync } from "node:sqlite";
import type { Citizen, CommandResult, Run, WriteCommand } from "./messages.ts";
import type { QueueItem } from "./queue.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { Tombstones } from "./tombstones.ts";
import { tables } from "./schema.ts";

/** The store as its writer sees it. Synchronous: a batch is one short hold of the event loop. */
export class Writer {
  readonly tombstones: Tombstones;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Rows in all tables; exact, since nobody else writes. */
  #tagged: number;
  #untagged: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.tombstones = new Tombstones(database);
    this.#tagged = this.#rows("IS NOT NULL");
    this.#untagged = this.#rows("IS NULL");
  }

  /** Rows in all tables by kind, without asking the store. */
  get rows(): { tagged: number; untagged: number } {
    return { tagged: this.#tagged, untagged: this.#untagged };
  }

  /** Genuine citizens that are there from the start, the same ones every time. Those already stored are left alone. */
  seed(count: number): void {
    this.#transaction(() => {
      for (let at = 1; at <= count; at++) this.#addCitizen(null, residentAt(at), seededMs);
    });
  }

  /** Applies a batch in one transaction; where that fails, none of it has happened and every result says so. */
  apply(commands: readonly WriteCommand[]): CommandResult[] {
    try {
      return this.#transaction(() => commands.map((command) => this.#apply(command)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return commands.map(() => ({ outcome: "failed", message }));
    }
  }

  /** Stores a batch of check-ins, except those of tombstoned runs. Gives how many were left out. */
  addCheckins(items: readonly QueueItem[]): number {
    const wanted = items.filter((item) => !this.tombstones.has(item.run));
    this.#transaction(() => {
      for (const { run, checkin } of wanted) {
        const { id, citizenId, venueId, atMs } = checkin;
        this.#count(run, this.#statements.addCheckin.run(id, citizenId, venueId, atMs, run).changes);
      }
    });
    return items.length - wanted.length;
  }

  /** Rows of a run in all tables. */
  rowsOf(run: string): number {
    return this.#statements.rowsOfRun.reduce((sum, statement) => sum + (statement.get(run) as { count: number }).count, 0);
  }

  /** Removes at most `limit` rows of a run; gives how many. */
  removeRun(run: string, limit: number): number {
    return this.#transaction(() => {
      let removed = 0;
      for (const statement of this.#statements.removeRun) {
        if (removed < limit) removed += Number(statement.run(run, limit - removed).changes);
      }
      this.#tagged -= removed;
      return removed;
    });
  }

  close(): void {
    this.#database.close();
  }

  #apply(command: WriteCommand): CommandResult {
    if (command.kind === "remove-report") return this.#removeReport(command.run, command.id);
    if (this.tombstones.has(command.run)) return { outcome: "tombstoned" };
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
    if (keyUse !== null) {
      const used = this.#statements.keyUse.get(keyUse.key, run) as { fingerprint: string; reportId: string } | undefined;
      if (used !== undefined && used.fingerprint !== keyUse.fingerprint) return { outcome: "key-reused" };
      if (used !== undefined) return { outcome: "existing", id: used.reportId };
      this.#count(run, this.#statements.addKey.run(keyUse.key, keyUse.fingerprint, report.id, run).changes);
    }
    const { id, citizenId, symptoms, temperature, declaration, color, reportedAtMs } = report;
    const { changes } = this.#statements.addReport.run(
      id,
      citizenId,
      JSON.stringify(symptoms),
      temperature,
      declaration,
      color,
      reportedAtMs,
      run,
    );
    this.#count(run, changes);
    return { outcome: "created", id };
  }

  /** A tagged request removes only what its own run made; the key goes with the report, or it would name one that is gone. */
  #removeReport(run: Run, id: string): CommandResult {
    const owner = this.#statements.runOfReport.get(id) as { run: Run } | undefined;
    if (owner === undefined || (run !== null && owner.run !== run)) return { outcome: "missing" };
    this.#count(owner.run, -Number(this.#statements.removeReport.run(id).changes));
    this.#count(owner.run, -Number(this.#statements.removeKeyOf.run(id).changes));
    return { outcome: "removed" };
  }

  #count(run: Run, changes: number | bigint): void {
    if (run === null) this.#untagged += Number(changes);
    else this.#tagged += Number(changes);
  }

  #rows(condition: string): number {
    return tables.reduce((sum, table) => {
      const row = this.#database.prepare(`SELECT count(*) AS count FROM ${table} WHERE synthetic_run ${condition}`).get();
      return sum + Number(row?.["count"] ?? 0);
    }, 0);
  }

  #transaction<Result>(work: () => Result): Result {
    const before = this.rows;
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

/** 2020-02-11, the day the first health code went live in Hangzhou; any fixed instant would do. */
const seededMs = Date.UTC(2020, 1, 11);

/** Genuine as the service sees it, and still nobody: there is no region 000000. */
function residentAt(at: number): Citizen {
  const number = String(at).padStart(6, "0");
  return {
    id: `resident-${number}`,
    name: `Resident ${at}`,
    idNumber: `00000019700101${number.slice(-4)}`,
    phone: `0571-${number}`,
  };
}
