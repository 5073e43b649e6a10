import { randomBytes } from "node:crypto";

/**
 * A new run id: the UTC time first, so that names sort by age, then 32 random bits, so that two machines never share one:
 * `20261121-014233-9f3a01bc`. Fits `runIdPattern`.
 */
export function newRunId(now: Date = new Date()): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${randomBytes(4).toString("hex")}`;
}

/** Of a run, or of a canary of its handshake (`-c1`). */
const madePattern = /^\d{8}-\d{6}-[0-9a-f]{8}(-c\d{1,3})?$/;

/**
 * Whether a run id is one that `newRunId` made. Narrower than `runIdPattern`: a record is handed around and may be edited, and a word
 * such as `paid` could stand in a column that holds no run ids.
 */
export function isMadeRunId(runId: string): boolean {
  return madePattern.test(runId);
}
