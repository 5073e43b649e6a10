/**
 * A batch of writes as one PostgreSQL transaction of a few statements, however many commands it has. Additions go before removals:
 * requests that are open at once have no order.
 */
import type { JSONValue } from "postgres";
import type { CommandResult, QueuedCheckin, Run, WriteCommand } from "./messages.ts";
import type { Sql, Transaction } from "./postgres-connection.ts";

type CitizenCommand = Extract<WriteCommand, { kind: "add-citizen" }>;
type ReportCommand = Extract<WriteCommand, { kind: "add-report" }>;
type RemoveCommand = Extract<WriteCommand, { kind: "remove-report" }>;

/** What became of the commands, each kind by what names it. */
interface Written {
  readonly swept: ReadonlySet<string>;
  /** Ids; taken out by the first command that asks, since for the second one the citizen was there already. */
  readonly citizens: Set<string>;
  readonly reports: ReadonlySet<string>;
  /** Each report's run by its id; taken out by the first command that asks. */
  readonly removed: Map<string, Run>;
  readonly used: ReadonlyMap<string, { readonly fingerprint: string; readonly id: string }>;
}

/** The result of each command, in order. Rejects where nothing of the batch has happened, or nobody knows (a lost connection). */
export async function applyBatch(sql: Sql, commands: readonly WriteCommand[]): Promise<CommandResult[]> {
  const written = await sql.begin(async (transaction): Promise<Written> => {
    const swept = await sweptRuns(
      transaction,
      commands.map(({ run }) => run),
    );
    const open = commands.filter(({ run }) => run === null || !swept.has(run));
    const reported = open.filter((command) => command.kind === "add-report");
    const [citizens, reports] = await Promise.all([
      addCitizens(
        transaction,
        open.filter((command) => command.kind === "add-citizen"),
      ),
      addReports(transaction, reported),
    ]);
    const unresolved = reported.filter(({ report }) => !reports.has(report.id));
    const used = await earlierUses(transaction, unresolved);
    const removals = commands.filter((command) => command.kind === "remove-report");
    return { swept, citizens, reports, used, removed: await removeReports(transaction, removals) };
  });
  return commands.map((command) => resultOf(command, written));
}

/** Stores check-ins of runs that were not swept, each once; gives how many tombstones left out. */
export async function addCheckinRows(sql: Sql, checkins: readonly QueuedCheckin[]): Promise<number> {
  return sql.begin(async (transaction) => {
    const swept = await sweptRuns(
      transaction,
      checkins.map(({ run }) => run),
    );
    const wanted = checkins.filter(({ run }) => run === null || !swept.has(run));
    const rows = wanted.map(({ run, checkin }) => ({ ...checkin, run }));
    await transaction`
      INSERT INTO checkins (id, citizen_id, venue_id, at_ms, request_id, synthetic_run)
      SELECT id, "citizenId", "venueId", "atMs", "requestId", run
      FROM jsonb_to_recordset(${asJson(transaction, rows)})
        AS given(id text, "citizenId" text, "venueId" text, "atMs" bigint, "requestId" text, run text)
      ON CONFLICT DO NOTHING`;
    return checkins.length - wanted.length;
  });
}

/**
 * Which of the runs have a tombstone. The lock is what makes it hold until the commit: whoever adds a tombstone, by whatever program,
 * waits for the transactions that have looked, and those that look later wait for the tombstone. So nothing lands after it.
 */
async function sweptRuns(transaction: Transaction, runs: readonly Run[]): Promise<Set<string>> {
  const tagged = [...new Set(runs)].filter((run) => run !== null);
  if (tagged.length === 0) return new Set();
  await transaction`LOCK TABLE tombstones IN SHARE MODE`;
  const rows = await transaction<{ run: string }[]>`
    SELECT run FROM tombstones WHERE run IN (SELECT jsonb_array_elements_text(${asJson(transaction, tagged)}))`;
  return new Set(rows.map(({ run }) => run));
}

async function addCitizens(transaction: Transaction, commands: readonly CitizenCommand[]): Promise<Set<string>> {
  if (commands.length === 0) return new Set();
  const registeredMs = Date.now();
  const given = commands.map(({ run, citizen }) => ({ ...citizen, registeredMs, run }));
  const rows = await transaction<{ id: string }[]>`
    INSERT INTO citizens (id, name, id_number, phone, registered_ms, synthetic_run)
    SELECT id, name, "idNumber", phone, "registeredMs", run
    FROM jsonb_to_recordset(${asJson(transaction, given)})
      AS given(id text, name text, "idNumber" text, phone text, "registeredMs" bigint, run text)
    ON CONFLICT DO NOTHING RETURNING id`;
  return new Set(rows.map(({ id }) => id));
}

/** A report whose key was used before is left out; references are checked at the end of the statement, so the key may come first. */
async function addReports(transaction: Transaction, commands: readonly ReportCommand[]): Promise<Set<string>> {
  if (commands.length === 0) return new Set();
  const given = commands.map(({ run, report, keyUse }) => {
    const { key = null, fingerprint = null } = keyUse ?? {};
    return { ...report, symptoms: JSON.stringify(report.symptoms), run, key, fingerprint };
  });
  const rows = await transaction<{ id: string }[]>`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${asJson(transaction, given)}) AS given(
        id text, "citizenId" text, symptoms text, temperature double precision, declaration text, color text,
        "reportedAtMs" bigint, "requestId" text, run text, key text, fingerprint text)),
    keys AS (
      INSERT INTO idempotency_keys (key, fingerprint, report_id, synthetic_run)
      SELECT key, fingerprint, id, run FROM given WHERE key IS NOT NULL
      ON CONFLICT DO NOTHING RETURNING report_id)
    INSERT INTO reports (id, citizen_id, symptoms, temperature, declaration, color, reported_ms, request_id, synthetic_run)
    SELECT id, "citizenId", symptoms, temperature, declaration, color, "reportedAtMs", "requestId", run FROM given
    WHERE key IS NULL OR id IN (SELECT report_id FROM keys)
    RETURNING id`;
  return new Set(rows.map(({ id }) => id));
}

/** What the keys that were used before have made. */
async function earlierUses(transaction: Transaction, commands: readonly ReportCommand[]): Promise<Written["used"]> {
  if (commands.length === 0) return new Map();
  const given = commands.map(({ run, keyUse }) => ({ key: keyUse?.key ?? null, run }));
  const rows = await transaction<{ key: string; run: Run; fingerprint: string; id: string }[]>`
    SELECT used.key, used.synthetic_run AS run, used.fingerprint, used.report_id AS id
    FROM idempotency_keys AS used
    JOIN jsonb_to_recordset(${asJson(transaction, given)}) AS given(key text, run text)
      ON used.key = given.key AND coalesce(used.synthetic_run, '') = coalesce(given.run, '')`;
  return new Map(rows.map((row) => [useOf(row.key, row.run), row]));
}

/** A tagged request removes only what its own run made; the key goes first, since it refers to the report. */
async function removeReports(transaction: Transaction, commands: readonly RemoveCommand[]): Promise<Map<string, Run>> {
  if (commands.length === 0) return new Map();
  const given = asJson(
    transaction,
    commands.map(({ run, id }) => ({ id, run })),
  );
  await transaction`
    DELETE FROM idempotency_keys USING reports, jsonb_to_recordset(${given}) AS given(id text, run text)
    WHERE report_id = reports.id AND reports.id = given.id AND (given.run IS NULL OR reports.synthetic_run = given.run)`;
  const rows = await transaction<{ id: string; run: Run }[]>`
    DELETE FROM reports USING jsonb_to_recordset(${given}) AS given(id text, run text)
    WHERE reports.id = given.id AND (given.run IS NULL OR reports.synthetic_run = given.run)
    RETURNING reports.id, reports.synthetic_run AS run`;
  return new Map(rows.map(({ id, run }) => [id, run]));
}

function resultOf(command: WriteCommand, written: Written): CommandResult {
  if (command.kind === "remove-report") return removalResult(command, written);
  if (command.run !== null && written.swept.has(command.run)) return { outcome: "tombstoned" };
  if (command.kind === "add-report") return reportResult(command, written);
  const { id } = command.citizen;
  return { outcome: written.citizens.delete(id) ? "created" : "existing", id };
}

function removalResult({ run, id }: RemoveCommand, { removed }: Written): CommandResult {
  const owner = removed.get(id);
  if (owner === undefined || (run !== null && owner !== run)) return { outcome: "missing" };
  removed.delete(id);
  return { outcome: "removed", run: owner };
}

function reportResult({ run, report, keyUse }: ReportCommand, { reports, used }: Written): CommandResult {
  if (reports.has(report.id) || keyUse === null) return { outcome: "created", id: report.id };
  const earlier = used.get(useOf(keyUse.key, run));
  if (earlier === undefined) return { outcome: "failed", message: "a key was taken back while it was used" };
  return earlier.fingerprint === keyUse.fingerprint ? { outcome: "existing", id: earlier.id } : { outcome: "key-reused" };
}

/** A run holds no space. */
function useOf(key: string, run: Run): string {
  return `${run ?? ""} ${key}`;
}

function asJson(transaction: Transaction, rows: readonly unknown[]) {
  return transaction.json(rows as JSONValue);
}
