/** What `{http: ...}` comes to for one run. Pure. */
import type { StorePlan } from "../../src/model/cleanup.ts";
import type { HttpCleanup } from "../../src/model/cleanup-rules.ts";
import { Fault } from "../../src/model/fault.ts";
import { batchWithin, checkRunId, defaultRowsPerSec } from "../bounds.ts";
import { secretSource } from "../../src/safety/secret-source.ts";

/** Rows that one DELETE may remove where the scenario does not say: few enough not to lock a store for long. A guess. */
export const defaultBatchRows = 500;

/**
 * The address must name the run and stay on the admin host: a path without `{run}` could mean every row. Throws Fault `usage`.
 */
export function planHttp(rules: HttpCleanup, name: string, runId: string, admin: string): StorePlan {
  return {
    name,
    kind: "http",
    how: `DELETE ${addressOf(rules.path, "path", runId, admin)}`,
    secretFrom: rules.token === undefined ? null : secretSource(rules.token, "cleanup.http.token").name,
    batch: batchWithin(rules.batch ?? defaultBatchRows, "cleanup.http.batch"),
    rowsPerSec: defaultRowsPerSec,
  };
}

/** A path on the admin address as an address, with the run filled in. Throws Fault `usage`. */
export function addressOf(path: string, field: "path" | "untagged", runId: string, admin: string): string {
  checkRunId(runId);
  if (!path.startsWith("/") || !path.includes("{run}")) {
    throw new Fault("usage", `cleanup.http.${field} must name the run, or it would mean every run's rows`, {
      received: JSON.stringify(path),
      expected: 'a path with {run} in it, such as "/synthetic/{run}"',
    });
  }
  const base = URL.canParse(admin) ? new URL(admin) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== "" || base.password !== "") {
    throw new Fault("usage", "admin is not an address that cleanup can use", {
      expected: "http://host:port or https://host:port, without credentials",
      fix: "name the token by cleanup.http.token instead of writing credentials into the address",
    });
  }
  const filled = path.replaceAll("{run}", runId);
  const url = URL.canParse(filled, base) ? new URL(filled, base) : null;
  if (url === null || url.origin !== base.origin) {
    throw new Fault("usage", `cleanup.http.${field} leaves the admin address`, {
      received: JSON.stringify(path),
      expected: base.origin,
    });
  }
  return url.href;
}
