/** Journal to plan: what one run may have left, and the one address that is allowed to remove it. Pure: data in, data out. */
import type { CleanupPlan } from "../src/model/cleanup.ts";
import { Fault } from "../src/model/fault.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { RunFile } from "../src/model/run.ts";
import type { HttpCleanup } from "../src/model/scenario.ts";
import { runIdPattern } from "../src/model/tags.ts";
import { parseDurationUs } from "../src/model/units.ts";

/** Rows that one DELETE may remove where the scenario does not say: few enough not to lock a store for long. A guess. */
export const defaultBatchRows = 500;
/** Most rows that one DELETE may be asked for, whatever the scenario says: one call must end within its timeout. A guess. */
export const largestBatchRows = 10_000;
/** Wait before the second look where the scenario does not say. */
export const defaultSettle = "1s";
/** Longest wait before the second look: a write that lands later than this is no longer late, it is lost. A guess. */
export const longestSettleUs = 600_000_000;

/** What a plan is made from. `admin` is where the cleanup path lives. */
export interface PlanInput {
  readonly run: RunFile;
  readonly journal: JournalTotals;
  readonly admin: string;
}

/** What `{http: ...}` comes to for one run. */
export type Endpoint = Pick<CleanupPlan, "url" | "tokenFrom" | "batch" | "settleUs"> & { readonly url: string };

/**
 * The plan for a run. Kind `none` where nothing was written, or where the scenario says that nothing needs to be removed; its
 * `reason` says which, and is null where nobody gave one. Throws Fault `usage` where the record names no usable address.
 */
export function planCleanup({ run, journal, admin }: PlanInput): CleanupPlan {
  const counts = { runId: run.runId, created: journal.created, unknown: journal.unknown };
  const rules = run.plan.cleanup;
  const nothing = { ...counts, kind: "none", url: null, tokenFrom: null, batch: 0, settleUs: 0 } as const;
  if (wroteNothing(run, journal)) return { ...nothing, reason: "the journal, which is written ahead of every write, holds none" };
  if (rules?.http === undefined) return { ...nothing, reason: rules?.none ?? null };
  return { ...counts, kind: "http", ...endpointOf(rules.http, run.runId, admin), reason: null };
}

/**
 * True where no write of the run can have left us: the journal holds no intent and every line of it could be read, and the
 * run's own counts do not contradict it (they do where journal files were lost). What a `setup` writes is in neither, so where there
 * is a store to ask, it is asked.
 */
export function wroteNothing(run: RunFile, journal: JournalTotals): boolean {
  if (journal.intents > 0 || journal.tornLines > 0) return false;
  if (run.plan.setup === true && run.plan.cleanup?.http !== undefined) return false;
  const writes = new Set(run.plan.operations.filter(({ kind }) => kind === "write").map(({ name }) => name));
  const sent = run.steps.flatMap(({ tally }) => Object.entries(tally?.operations ?? {}).filter(([name]) => writes.has(name)));
  return (run.totals.prepare?.sent ?? 0) === 0 && sent.every(([, tally]) => tally.sent === 0);
}

/**
 * The address of one run's rows. It must name the run and stay on the admin host: a path without `{run}` could mean every row.
 * Throws Fault `usage`.
 */
export function endpointOf(rules: HttpCleanup, runId: string, admin: string): Endpoint {
  if (!runIdPattern.test(runId)) {
    throw new Fault("usage", "run.json holds no usable run id", {
      received: JSON.stringify(runId),
      expected: String(runIdPattern),
    });
  }
  if (!rules.path.startsWith("/") || !rules.path.includes("{run}")) {
    throw new Fault("usage", "cleanup.http.path must name the run, or it would mean every run's rows", {
      received: JSON.stringify(rules.path),
      expected: 'a path with {run} in it, such as "/synthetic/{run}"',
    });
  }
  return {
    url: addressOf(rules.path.replaceAll("{run}", runId), admin),
    tokenFrom: rules.token === undefined ? null : tokenSource(rules.token).name,
    batch: batchOf(rules.batch ?? defaultBatchRows),
    settleUs: settleOf(rules.settle ?? defaultSettle),
  };
}

/** Splits `env:NAME` or `env:NAME:-fallback`. Throws Fault `usage`, without repeating what may be a token written out. */
export function tokenSource(token: string): { readonly name: string; readonly fallback: string | null } {
  const match = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(token);
  if (match?.[1] === undefined) {
    throw new Fault("usage", "cleanup.http.token must name an environment variable, never hold a token", {
      expected: '"env:NAME", or "env:NAME:-fallback" for a loopback default',
    });
  }
  return { name: match[1], fallback: match[2] ?? null };
}

function addressOf(path: string, admin: string): string {
  const base = URL.canParse(admin) ? new URL(admin) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== "" || base.password !== "") {
    throw new Fault("usage", "admin is not an address that cleanup can use", {
      expected: "http://host:port or https://host:port, without credentials",
      fix: "name the token by cleanup.http.token instead of writing credentials into the address",
    });
  }
  const url = URL.canParse(path, base) ? new URL(path, base) : null;
  if (url === null || url.origin !== base.origin) {
    throw new Fault("usage", "cleanup.http.path leaves the admin address", {
      received: JSON.stringify(path),
      expected: base.origin,
    });
  }
  return url.href;
}

function batchOf(batch: number): number {
  if (Number.isSafeInteger(batch) && batch >= 1 && batch <= largestBatchRows) return batch;
  throw new Fault("usage", "cleanup.http.batch is out of range", {
    received: String(batch),
    expected: `a whole number of rows from 1 to ${largestBatchRows}`,
  });
}

function settleOf(settle: string): number {
  const settleUs = parseDurationUs(settle);
  if (settleUs !== undefined && settleUs <= longestSettleUs) return settleUs;
  throw new Fault("usage", "cleanup.http.settle is no usable duration", {
    received: JSON.stringify(settle),
    expected: 'a duration up to ten minutes, such as "1s"',
  });
}
