/** The scenario's own look and remove, for whatever else holds what a run left. What they return is checked, what they throw redacted. */
import type { StorePlan, StoreState, UntaggedRow } from "../src/model/cleanup.ts";
import type { CleanupContext, CustomCleanup } from "../src/model/cleanup-rules.ts";
import { Fault, messageOf } from "../src/model/fault.ts";
import type { StoreSettings } from "../src/model/plan.ts";
import { formatUs } from "../src/model/units.ts";
import { redact } from "../src/safety/redact.ts";
import { show } from "../src/scenario/show.ts";
import { batchWithin, defaultRowsPerSec } from "./bounds.ts";
import { checkedState } from "./http/reply.ts";
import { scenarioOf } from "./scenario-functions.ts";
import { StoreFault, type Removal, type Store, type StoreContext } from "./store.ts";
import { ownTagHeaders } from "../src/model/tags.ts";
import { version } from "../src/version.ts";

/** One call of a scenario's function: it may go through several systems. A guess. */
export const customTimeoutUs = 60_000_000;
/** Rows that one call may remove where the scenario does not say. A guess. */
const defaultBatchRows = 500;

type CustomSettings = Omit<CustomCleanup, "look" | "remove">;

/** Throws a usage Fault for a name that cannot be told, and a batch out of range. */
export function planCustom(settings: CustomSettings, name: string): StorePlan {
  if (!/^[^\p{C}]{1,64}$/u.test(settings.name) || settings.name.trim() === "") {
    throw new Fault("usage", "cleanup.custom.name cannot be used", {
      received: show(settings.name),
      expected: 'what it cleans, in at most 64 characters, such as "search index"',
    });
  }
  return {
    name,
    kind: "custom",
    how: `the scenario's own cleanup of "${settings.name}"`,
    secretFrom: null,
    batch: batchWithin(settings.batch ?? defaultBatchRows, "cleanup.custom.batch"),
    rowsPerSec: defaultRowsPerSec,
  };
}

export class CustomStore implements Store {
  readonly #settings: CustomSettings;
  readonly #context: StoreContext;
  readonly #timeoutUs: number;
  #calls = 0;

  constructor(settings: CustomSettings, _plan: StorePlan, context: StoreContext) {
    this.#settings = settings;
    this.#context = context;
    this.#timeoutUs = context.timeoutUs ?? customTimeoutUs;
  }

  async look(): Promise<StoreState> {
    const cleanup = await this.#cleanup();
    const found = await this.#call("look", (context) => cleanup.look(context));
    return { ...this.#checked("look", found, () => checkedState(found)), tombstoned: null };
  }

  /** The functions are there. What they would remove is their author's word. */
  async guard(): Promise<void> {
    await this.#cleanup();
  }

  async remove(limit: number): Promise<Removal> {
    const cleanup = await this.#cleanup();
    const deleted: unknown = await this.#call("remove", (context) => cleanup.remove(context, limit));
    return this.#checked("remove", deleted, () => {
      if (typeof deleted === "number" && Number.isInteger(deleted) && deleted >= 0 && deleted <= limit)
        return { deleted, remaining: null };
      throw new RangeError(`expected how many rows it removed, a whole number from 0 to ${limit}`);
    });
  }

  /** Its author gives two figures of them, and no list. */
  untaggedRows(): AsyncIterable<UntaggedRow> | null {
    return null;
  }

  /** Each call keeps what it opens to itself. */
  async close(): Promise<void> {}

  /** The same entry again: by its place among the custom ones, and by its name. */
  async #cleanup(): Promise<CustomCleanup> {
    const { name } = this.#settings;
    const { cleanup } = await scenarioOf(this.#context);
    const rules = cleanup === undefined || "none" in cleanup ? [] : [cleanup].flat();
    const own = rules.flatMap(({ custom }) => (custom === undefined ? [] : [custom]))[this.#place()];
    if (own?.name === name && typeof own.look === "function" && typeof own.remove === "function") return own;
    throw new StoreFault("usage", `the scenario has no cleanup of "${name}" any more`, {
      detail: { expected: `custom: { name: ${JSON.stringify(name)}, look, remove }, where it stood when the run began` },
    });
  }

  #place(): number {
    const { cleanup } = this.#context.run.plan;
    const stores: readonly StoreSettings[] = cleanup === null || cleanup.none !== undefined ? [] : cleanup.stores;
    return stores.filter(({ kind }) => kind === "custom").findIndex((settings) => settings === this.#settings);
  }

  /** Calls a function of the scenario, for so long and not after a stop. It is told by its signal; what it does then is its own. */
  async #call<Result>(what: "look" | "remove", call: (context: CleanupContext) => Result | Promise<Result>): Promise<Result> {
    const timeout = AbortSignal.timeout(this.#timeoutUs / 1_000);
    const { signal: stopped } = this.#context;
    const signal = stopped === undefined ? timeout : AbortSignal.any([stopped, timeout]);
    try {
      signal.throwIfAborted();
      return await Promise.race([call(this.#contextOf(signal)), aborted(signal)]);
    } catch (thrown) {
      if (timeout.aborted) throw this.#unfinished(what);
      throw new StoreFault("unreachable", `${what}() of "${this.#settings.name}" failed: ${redact(messageOf(thrown))}`, {
        transient: true,
      });
    }
  }

  /** Not to be called again by itself: the call that was given up may still go on. */
  #unfinished(what: string): StoreFault {
    return new StoreFault(
      "unreachable",
      `${what}() of "${this.#settings.name}" was not done within ${formatUs(this.#timeoutUs)}`,
      {
        detail: {
          fix: "let it remove fewer rows per call (batch), and end where its signal is aborted; run peakproof cleanup again",
        },
      },
    );
  }

  #contextOf(signal: AbortSignal): CleanupContext {
    const { run, journal } = this.#context;
    const names = run.plan.operations.map(({ name }) => name);
    const created = (operation: string): AsyncIterable<string> => {
      if (names.includes(operation)) return journal.created(operation);
      throw new RangeError(`the scenario has no operation ${show(operation)}: it has ${names.join(", ")}`);
    };
    const headers = ownTagHeaders(run.runId, "sweep", this.#calls++, version, run.plan.tags);
    return { runId: run.runId, admin: run.plan.admin, headers, created, signal };
  }

  #checked<Result>(what: string, received: unknown, check: () => Result): Result {
    try {
      return check();
    } catch (thrown) {
      throw new StoreFault(
        "usage",
        `${what}() of "${this.#settings.name}" returned what cannot be used: ${redact(messageOf(thrown))}`,
        {
          detail: { received: redact(show(received)) },
        },
      );
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
