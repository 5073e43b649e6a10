import { plainNetwork, type ConnectionPlan, type RunPlan } from "../model/plan.ts";
import type { RunFile } from "../model/run.ts";

/** What plans of version 0.1.0 did not have: they knew one target, no journeys, and connections straight to it. */
type Later = "targets" | "journeys" | "connections";
type EarlierPlan = Omit<RunPlan, Later> &
  Partial<Pick<RunPlan, Exclude<Later, "connections">>> & { readonly connections: EarlierConnections };
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
    },
  };
}
