/** What holds for stores of every kind, whatever a scenario says. */
import { Fault } from "../src/model/fault.ts";
import { runIdPattern } from "../src/model/tags.ts";
import { parseDurationUs } from "../src/model/units.ts";

/** Most rows removed at a time: one call must end within its timeout. A guess. */
export const largestBatchRows = 10_000;
/** Deletions per second where a scenario does not say: a few per cent of what an embedded or PostgreSQL store deletes by index. A guess. */
export const defaultRowsPerSec = 20_000;
/** Wait before the second look where a scenario does not say. */
export const defaultSettle = "1s";
/** Longest wait before the second look: a write that lands later than this is no longer late, it is lost. A guess. */
export const longestSettleUs = 300_000_000;

/** A batch as it is. Throws Fault `usage`. */
export function batchWithin(batch: number, field: string): number {
  if (Number.isSafeInteger(batch) && batch >= 1 && batch <= largestBatchRows) return batch;
  throw new Fault("usage", `${field} is out of range`, {
    received: String(batch),
    expected: `a whole number of rows from 1 to ${largestBatchRows}`,
  });
}

/** A settle time in microseconds. Throws Fault `usage`. */
export function settleWithin(settle: string | undefined, field: string): number {
  const settleUs = parseDurationUs(settle ?? defaultSettle);
  if (settleUs !== undefined && settleUs <= longestSettleUs) return settleUs;
  throw new Fault("usage", `${field} is no usable duration`, {
    received: JSON.stringify(settle),
    expected: 'a duration up to five minutes, such as "1s"',
  });
}

/** Throws Fault `usage` for a run id that is not safe in an address, a pattern or a statement: run.json may have been edited. */
export function checkRunId(runId: string): void {
  if (runIdPattern.test(runId)) return;
  throw new Fault("usage", "run.json holds no usable run id", {
    received: JSON.stringify(runId),
    expected: String(runIdPattern),
  });
}
