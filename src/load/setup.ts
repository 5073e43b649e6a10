import { Fault, messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { ScenarioInput, SetupContext } from "../model/scenario.ts";
import { ownTagHeaders } from "../model/tags.ts";
import { version } from "../version.ts";
import type { SetupPlaces } from "./setup-fetch.ts";

/** How long a scenario's `setup` may take: it makes a session or two, it does not fill a database. */
const setupLimitMs = 60_000;

export interface SetupOptions {
  readonly plan: Pick<RunPlan, "scenario" | "seed" | "target" | "tags"> & SetupPlaces;
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Default: a minute. */
  readonly limitMs?: number;
}

/**
 * Does the scenario's `setup`, if it has one, and gives what that returned as the load threads will have it: cloned. Rejects with a
 * usage Fault where it throws, is not done in time, or returns what cannot be cloned; and with the signal's reason where that is
 * aborted first. What `setup` still does then, it does unheard.
 */
export async function runSetup(input: ScenarioInput, options: SetupOptions): Promise<unknown> {
  if (input.setup === undefined) return undefined;
  const { path } = options.plan.scenario;
  const made = await setUp(input, options);
  try {
    return structuredClone(made);
  } catch (thrown) {
    throw new Fault("usage", `what setup() of ${path} returned cannot be given to the load threads`, {
      received: messageOf(thrown),
      expected: "plain data: texts, numbers, lists, objects without functions",
      fix: "return the token, and not the client that fetched it",
    });
  }
}

async function setUp(input: ScenarioInput, { plan, runId, signal, limitMs = setupLimitMs }: SetupOptions): Promise<unknown> {
  const { path } = plan.scenario;
  // Loaded where it is needed, since undici takes some 60 ms.
  const { SetupFetch } = await import("./setup-fetch.ts");
  signal.throwIfAborted();
  const late = new Fault("usage", `setup() of ${path} is not done after ${limitMs / 1_000} s`, {
    expected: "an end within that time",
    fix: "give its signal to whatever it waits for; rows that reads need are made by prepare",
  });
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late), limitMs);
  const either = AbortSignal.any([signal, limit.signal]);
  const headers = ownTagHeaders(runId, "prepare", 0, version, plan.tags);
  await using own = new SetupFetch(plan);
  try {
    const context = { runId, seed: plan.seed, target: plan.target, headers, signal: either, fetch: own.fetch };
    const work = begun(input, context);
    return await Promise.race([work, rejection(either)]);
  } catch (thrown) {
    either.throwIfAborted();
    throw new Fault("usage", `setup() of ${path} failed: ${messageOf(thrown)}`, {}, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

/** What `setup` gives, sooner or later; a rejection where it throws at once. */
async function begun(input: ScenarioInput, context: SetupContext): Promise<unknown> {
  return input.setup?.(context);
}

/** Rejects when a signal is aborted. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
