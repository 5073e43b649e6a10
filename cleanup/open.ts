/** Which store a plan means. */
import type { CleanupPlan } from "../src/model/cleanup.ts";
import { Fault } from "../src/model/fault.ts";
import type { RunFile } from "../src/model/run.ts";
import { adminNetwork } from "../src/wire/agent-connect.ts";
import { HttpStore } from "./http.ts";
import type { Store } from "./store.ts";

export interface OpenOptions {
  readonly run: Pick<RunFile, "plan">;
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
  /** Bound on one call, microseconds. */
  readonly timeoutUs?: number | undefined;
}

/** Opens the store of a plan that has one. Nothing is sent yet. */
export function openStore(plan: Pick<CleanupPlan, "runId" | "url" | "tokenFrom">, options: OpenOptions): Store {
  if (plan.url === null) throw new Fault("internal", "a plan without an address has no store to open");
  const { run, token, signal, timeoutUs } = options;
  const network = adminNetwork(run.plan);
  return new HttpStore({ runId: plan.runId, url: plan.url, tokenFrom: plan.tokenFrom, token, signal, timeoutUs, network });
}
