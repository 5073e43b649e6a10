import { randomBytes } from "node:crypto";

/**
 * A new run id: the UTC time first, so that names sort by age, then 32 random bits, so that two machines never share one:
 * `20261121-014233-9f3a01bc`. Fits `runIdPattern`.
 */
export function newRunId(now: Date = new Date()): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${randomBytes(4).toString("hex")}`;
}
