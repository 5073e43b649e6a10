import { monotonicUs } from "../measure/clock.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Operation } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import type { Journal } from "../record/journal.ts";
import { outcomeLine, type Departure, type Flight } from "./flight.ts";
import { Sender } from "./sender.ts";

/** How often the request's deadline is looked at. */
const expireEveryMs = 20;

/** Sends requests as a run does, one after the other, and waits for each. As the first user. */
export class OneByOne {
  readonly #plan: RunPlan;
  readonly #journal: Journal | null;
  readonly #signal: AbortSignal;
  readonly #purpose: Purpose;
  readonly #sender: Sender;
  #settled: (flight: Flight) => void = () => undefined;
  readonly #abort = (): void => this.#sender.abortAll();

  /** `operations` in the order of the plan's. The journal is null where no write needs to be announced. */
  constructor(
    plan: RunPlan,
    operations: readonly Operation[],
    { journal, signal, purpose }: { readonly journal: Journal | null; readonly signal: AbortSignal; readonly purpose: Purpose },
  ) {
    this.#plan = plan;
    this.#purpose = purpose;
    this.#journal = journal;
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort);
    this.#sender = new Sender({
      plan,
      maxConnections: plan.targets.length,
      operations,
      seconds: new SecondMeter(),
      nowUs: monotonicUs,
      connected: () => undefined,
      review: () => undefined,
      settled: (flight) => this.#settled(flight),
      sample: () => undefined,
    });
  }

  /**
   * Sends one request, with its reply kept; a write is journaled first, and its outcome after. Rejects where it cannot be, and with the
   * signal's reason where that is aborted by its end.
   */
  async send(request: Pick<Departure, "built" | "operation" | "index" | "session">): Promise<Flight> {
    this.#signal.throwIfAborted();
    const { built, index, operation } = request;
    const { name = "?", kind } = this.#plan.operations[operation] ?? {};
    const journal = kind === "write" ? this.#journal : null;
    if (journal !== null) {
      const line = { n: index, op: name, p: this.#purpose, a: 1 } as const;
      const ticket = journal.intend({ ...line, u: 0, ...(built.key === undefined ? {} : { key: built.key }) });
      await journal.drained();
      if (!journal.isSynced(ticket)) throw new Error("its intent could not be journaled");
      if (this.#signal.aborted) journal.settle({ ...line, r: "unsent" });
      this.#signal.throwIfAborted();
    }
    const flight = await this.#settle(request);
    journal?.settle(outcomeLine(flight, name));
    this.#signal.throwIfAborted();
    return flight;
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#sender.close();
  }

  async #settle(request: Parameters<OneByOne["send"]>[0]): Promise<Flight> {
    const nowUs = monotonicUs();
    const timer = setInterval(() => this.#sender.expire(monotonicUs()), expireEveryMs);
    try {
      return await new Promise<Flight>((resolve) => {
        this.#settled = resolve;
        this.#sender.send({
          ...request,
          user: 0,
          step: -1,
          purpose: this.#purpose,
          dueUs: nowUs,
          dispatchedUs: nowUs,
          lagUs: 0,
          deadlineUs: nowUs + this.#plan.connections.deadlineUs,
          journey: -1,
          attempt: 1,
          wantsReply: true,
        });
      });
    } finally {
      clearInterval(timer);
    }
  }
}
