import type { HttpCleanup } from "../model/cleanup-rules.ts";
import { plainNetwork, type CleanupSettings, type ConnectionPlan, type RunPlan } from "../model/plan.ts";
import type { RunFile } from "../model/run.ts";

/** What plans of version 0.1.0 did not have: they knew one target, no journeys, and connections straight to it. */
type Later = "targets" | "journeys" | "connections" | "cleanup";
type EarlierPlan = Omit<RunPlan, Later> &
  Partial<Pick<RunPlan, "targets" | "journeys">> & {
    readonly connections: EarlierConnections;
    /** One store, over HTTP. */
    readonly cleanup: CleanupSettings | { readonly http: HttpCleanup } | null;
  };
type EarlierConnections = Pick<ConnectionPlan, "policy" | "max" | "deadlineUs"> & Partial<ConnectionPlan>;

/** `run.json` as this version or an earlier one wrote it. */
export type EarlierRun = Omit<RunFile, "plan"> & { readonly plan: EarlierPlan };

/**
 * A run as this version would have written it: what an earlier one did not know of is filled in with what it did, so that nobody else
 * needs to ask how old a record is. What is optional in the model (calibration, occupancy, retries, journeys' counts) stays absent.
 */
export function asOfToday(run: EarlierRun): RunFile {
  const { plan } = run;
  const connections = { ...plainNetwork, ...plan.connections };
  return {
    ...run,
    plan: {
      ...plan,
      targets: plan.targets ?? [plan.target],
      journeys: plan.journeys ?? [],
      connections: { ...connections, tls: { ...plainNetwork.tls, ...connections.tls } },
      cleanup: plan.cleanup !== null && "http" in plan.cleanup ? storesOf(plan.cleanup.http) : plan.cleanup,
    },
  };
}

function storesOf(http: HttpCleanup): CleanupSettings {
  return { stores: [{ kind: "http", ...http }] };
}
