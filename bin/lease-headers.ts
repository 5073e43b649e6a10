import { adminToken, resolveSecrets } from "../cleanup/index.ts";
import type { RunPlan } from "../src/model/plan.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import { version } from "../src/version.ts";

/** What marks a call for the lease as ours; with the token of `cleanup.http`, since that is of the admin address, too. */
export function leaseHeaders(plan: RunPlan): Record<string, string> {
  const run = { runId: "lease", plan };
  const token = adminToken(run, resolveSecrets(run, process.env));
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return { ...ownTagHeaders(run.runId, "probe", 0, version, plan.tags), ...authorization };
}
