import { Buckets } from "../measure/buckets.ts";
import type { OperationSecond } from "../measure/watched-operations.ts";
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import { formatCount } from "../model/units.ts";
import { signals, type VitalSample } from "../model/vitals.ts";
import { abortRulesOf } from "../safety/abort-rules.ts";
import { AbortWatch, type Ended } from "../safety/abort-watch.ts";
import { notAllowedCode } from "../safety/permitted-lookup.ts";
import type { MergedSecond } from "./seconds.ts";

/** Scrapes after which a metric that no page has shown is a rule that watches nothing. */
const scrapesPatience = 5;

/** Watches a run for what must stop it: its abort rules, its ceiling of bytes, and names that lead where nobody allowed it to go. */
export class RunGuard {
  readonly #plan: RunPlan;
  readonly #watch: AbortWatch;
  /** Over the run so far, by worker. */
  readonly #bytes = new Map<number, number>();
  #scrapes = 0;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    this.#watch = new AbortWatch(abortRulesOf(plan));
  }

  /** Why the run must stop after a second of it; null: it may go on. */
  second({ point, response, workers }: MergedSecond): Fault | null {
    for (const { worker, bytes } of workers) this.#bytes.set(worker, bytes);
    if ((point.errors[`connect:${notAllowedCode}`] ?? 0) > 0) return strayed(this.#plan);
    const count = point.ok + point.rejected + point.failed;
    const all = endedOf(count, point.rejected + point.failed, response);
    const operations = this.#operations(workers.flatMap((worker) => worker.operations));
    const reason = this.#watch.second({ t: point.t, all, operations, lanes: point.lanes });
    return reason === null ? this.#overBytes() : broken(reason);
  }

  /** The same after a vital sample. */
  vital(sample: VitalSample): Fault | null {
    const reason = this.#watch.vital(sample);
    return reason === null ? null : broken(reason);
  }

  /** After a sample: rules that watch a metric which is not on the page, once there were pages enough to tell. */
  blindRules({ signal, value }: VitalSample): string[] {
    if (signal !== signals.scrapeUp || value !== 1) return [];
    this.#scrapes += 1;
    return this.#scrapes === scrapesPatience ? this.#watch.unseen() : [];
  }

  #operations(parts: readonly OperationSecond[]): ReadonlyMap<string, Ended> {
    const names = [...new Set(parts.map(({ operation }) => operation))];
    return new Map(
      names.map((operation) => {
        const own = parts.filter((part) => part.operation === operation);
        const response = new Buckets();
        for (const part of own) response.merge(part.response);
        const sum = (of: "ended" | "errors"): number => own.reduce((total, part) => total + part[of], 0);
        return [this.#plan.operations[operation]?.name ?? "?", endedOf(sum("ended"), sum("errors"), response)];
      }),
    );
  }

  #overBytes(): Fault | null {
    const most = this.#plan.safety?.ceilings.bytes;
    if (most === undefined) return null;
    const bytes = [...this.#bytes.values()].reduce((sum, each) => sum + each, 0);
    if (bytes <= most) return null;
    return new Fault(
      "safety",
      `the run moved ${formatCount(bytes)} bytes, at most ${formatCount(most)} (safety.ceilings.bytes)`,
      {
        fix: "ask for less, or raise the ceiling in the scenario after asking whoever set it",
      },
    );
  }
}

/** What was answered is in `response`; the rest had no complete answer. */
function endedOf(count: number, errors: number, response: Buckets): Ended {
  return {
    count,
    errors,
    unanswered: Math.max(0, count - response.count),
    slowerThan: (limitUs) => response.count - response.countAtOrBelow(limitUs),
  };
}

function broken(reason: string): Fault {
  return new Fault("safety", `an abort rule of the scenario stopped the run: ${reason}`, {
    fix: "safety: { abort: [...] } in the scenario; an empty list has nothing abort it",
  });
}

function strayed({ targets }: RunPlan): Fault {
  const names = [...new Set(targets.map((target) => new URL(target).hostname))].join(", ");
  return new Fault("safety", `a name of this run now resolves to an address that nobody allowed: ${names}`, {
    received: `connect:${notAllowedCode}; nothing was sent there`,
    expected: "the addresses that it resolved to when the run began, or those named by --allow",
    fix: "look at what the name resolves to now; --allow takes each of its addresses",
  });
}
