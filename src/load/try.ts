import { messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { OperationKind, ScenarioInput } from "../model/scenario.ts";
import type { Journal } from "../record/journal.ts";
import { redact } from "../safety/redact.ts";
import { shapeFaults } from "../scenario/request.ts";
import { mayNeedCarried } from "./first-requests.ts";
import type { Flight } from "./flight.ts";
import { JourneyGuide, requestIndex } from "./journey-guide.ts";
import { keepsCookies, loadCookies, newSession, type JourneySession } from "./journey-session.ts";
import { OneByOne } from "./one-by-one.ts";
import { replyOf } from "./reply.ts";
import { RequestBuilder } from "./requests.ts";
import { carriedText, replyText, requestText } from "./tried-text.ts";

/** One request tried: as it was sent, the reply as it came, and what a run would have made of it. Secrets are taken out. */
export interface Tried {
  readonly operation: string;
  readonly kind: OperationKind;
  /** Empty where none could be made. */
  readonly request: string;
  readonly reply: string;
  /** `ok`, the error key, or why no request could be made. */
  readonly result: string;
  readonly createdId: string | undefined;
  /** Microseconds from sent to done; undefined where no reply came. */
  readonly serviceUs: number | undefined;
}

export interface TriedStep extends Tried {
  /** What the journey carries after it, as JSON; empty: nothing. */
  readonly carried: string;
}

export interface TriedJourney {
  readonly journey: string;
  /** Those that were taken, in order. The last one may not be `ok`: it ended the journey. */
  readonly steps: readonly TriedStep[];
  /** Why it was not known how to go on; null where it was. */
  readonly problem: string | null;
}

export interface TryOptions {
  readonly plan: RunPlan;
  readonly runId: string;
  /** What the scenario's `setup` returned. */
  readonly setup: unknown;
  /** Where writes are announced before they are sent; null where nothing is written that must be removed. */
  readonly journal: Journal | null;
  /** Aborted, it ends the request under way, and none is sent after it. */
  readonly signal: AbortSignal;
}

/**
 * Sends one request per operation as the first user, one after the other: the one that `prepare` uses first, since reads need its row.
 * Then goes each journey once, without its think times and up to its first failure; operations that only journeys do are tried there.
 * All are tagged as probes and go out as in a run, but are not tried again. A scenario whose functions throw, or return no request,
 * is reported, not thrown. Rejects with the signal's reason where that is aborted first.
 */
export async function tryScenario(
  input: ScenarioInput,
  options: TryOptions,
): Promise<{ readonly operations: readonly Tried[]; readonly journeys: readonly TriedJourney[] }> {
  await loadCookies(input);
  const trial = new Trial(input, options);
  try {
    return { operations: await trial.operations(), journeys: await trial.journeys() };
  } finally {
    trial.close();
  }
}

class Trial {
  readonly #input: ScenarioInput;
  readonly #plan: RunPlan;
  readonly #builder: RequestBuilder;
  readonly #sender: OneByOne;
  readonly #guide: JourneyGuide;
  readonly #signal: AbortSignal;

  constructor(input: ScenarioInput, options: TryOptions) {
    this.#input = input;
    this.#plan = options.plan;
    this.#builder = new RequestBuilder(input, options);
    this.#signal = options.signal;
    this.#sender = new OneByOne(options.plan, Object.values(input.operations), options);
    this.#guide = new JourneyGuide(options.plan.journeys, input.journeys ?? {}, options.plan.seed);
  }

  close(): void {
    this.#sender.close();
  }

  async operations(): Promise<Tried[]> {
    const { operations, prepare } = this.#plan;
    const isFirst = (at: number): number => Number(operations[at]?.name === prepare?.create);
    const own = [...operations.keys()].filter((at) => !mayNeedCarried(this.#plan, at));
    const tried: Tried[] = [];
    for (const at of own.toSorted((a, b) => isFirst(b) - isFirst(a))) tried.push((await this.#try(at, at, null)).tried);
    return tried;
  }

  async journeys(): Promise<TriedJourney[]> {
    const tried: TriedJourney[] = [];
    for (const [at, { name }] of this.#plan.journeys.entries()) {
      const steps: TriedStep[] = [];
      tried.push({ journey: name, steps, problem: await this.#journey(at, name, steps) });
    }
    return tried;
  }

  /** Goes a journey, adding each step; resolves with why it was not known how to go on. */
  async #journey(journey: number, name: string, steps: TriedStep[]): Promise<string | null> {
    const session = newSession(keepsCookies(this.#input.journeys, name));
    try {
      let step = 0;
      while (step !== -1) {
        const index = requestIndex(this.#plan.operations.length + journey, step);
        const { tried, flight } = await this.#try(this.#guide.operation(journey, step), index, session);
        const result = flight === null || tried.result !== "ok" ? tried.result : this.#carry(journey, step, flight, session);
        steps.push({ ...tried, result, carried: carriedText(session.carried) });
        step = result === "ok" ? this.#guide.stepFrom(journey, step + 1, session.carried) : -1;
      }
      return null;
    } catch (thrown) {
      this.#signal.throwIfAborted();
      return `when() failed: ${redact(messageOf(thrown))}`;
    }
  }

  #carry(journey: number, step: number, flight: Flight, session: JourneySession): string {
    try {
      if (this.#guide.wantsReply(journey, step))
        session.carried = this.#guide.carried(journey, step, replyOf(flight), session.carried);
      return "ok";
    } catch (thrown) {
      return `carry() failed: ${redact(messageOf(thrown))}`;
    }
  }

  async #try(operation: number, index: number, session: JourneySession | null): Promise<{ tried: Tried; flight: Flight | null }> {
    const { name = "?", kind = "read" } = this.#plan.operations[operation] ?? {};
    const nothing = { operation: name, kind, request: "", reply: "", createdId: undefined, serviceUs: undefined };
    try {
      const faults = shapeFaults(this.#builder.shape(operation, this.#builder.user(0), this.#builder.at(index, 0, session)));
      if (faults.length > 0) return { tried: { ...nothing, result: faults.join("; ") }, flight: null };
      const built = this.#builder.build(operation, 0, index, 0, "probe", session);
      const flight = await this.#sender.send({ built, operation, index, session });
      const { errorKey, createdId, serviceUs } = flight;
      const sides = { request: requestText(built), reply: replyText(flight) };
      return { tried: { operation: name, kind, ...sides, result: errorKey ?? "ok", createdId, serviceUs }, flight };
    } catch (thrown) {
      this.#signal.throwIfAborted();
      return { tried: { ...nothing, result: `not sent: ${redact(messageOf(thrown))}` }, flight: null };
    }
  }
}
