import { messageOf } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import type { OperationKind, ScenarioInput } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
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
  /** Place in the journey, from 0. */
  readonly step: number;
  /** What the journey carries after it, as JSON; empty: nothing. */
  readonly carried: string;
}

/** A step that its `when` left out. */
export interface SkippedStep extends Pick<Tried, "operation" | "kind"> {
  readonly step: number;
}

export interface TriedJourney {
  readonly journey: string;
  /** Those that were taken, in order. The last one may not be `ok`: it ended the journey. */
  readonly steps: readonly TriedStep[];
  readonly skipped: readonly SkippedStep[];
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
  using trial = await Trial.open(input, { ...options, purpose: "probe", firstIndex: 0 });
  return { operations: await trial.operations(), journeys: await trial.journeys() };
}

export interface TrialOptions extends TryOptions {
  readonly purpose: Purpose;
  /** Number of the first operation's request; those of the other operations follow, and then the journeys'. */
  readonly firstIndex: number;
}

/** Sends single requests of a scenario, and goes single journeys, as its first user. */
export class Trial implements Disposable {
  readonly #input: ScenarioInput;
  readonly #plan: RunPlan;
  readonly #builder: RequestBuilder;
  readonly #sender: OneByOne;
  readonly #guide: JourneyGuide;
  readonly #signal: AbortSignal;
  readonly #purpose: Purpose;
  readonly #firstIndex: number;

  static async open(input: ScenarioInput, options: TrialOptions): Promise<Trial> {
    await loadCookies(input);
    return new Trial(input, options);
  }

  private constructor(input: ScenarioInput, options: TrialOptions) {
    this.#input = input;
    this.#plan = options.plan;
    this.#builder = new RequestBuilder(input, options);
    this.#signal = options.signal;
    this.#purpose = options.purpose;
    this.#firstIndex = options.firstIndex;
    this.#sender = new OneByOne(options.plan, Object.values(input.operations), options);
    this.#guide = new JourneyGuide(options.plan.journeys, input.journeys ?? {}, options.plan.seed);
  }

  [Symbol.dispose](): void {
    this.#sender.close();
  }

  async operations(): Promise<Tried[]> {
    const { operations, prepare } = this.#plan;
    const isFirst = (at: number): number => Number(operations[at]?.name === prepare?.create);
    const own = [...operations.keys()].filter((at) => !mayNeedCarried(this.#plan, at));
    const tried: Tried[] = [];
    for (const at of own.toSorted((a, b) => isFirst(b) - isFirst(a))) tried.push(await this.operation(at));
    return tried;
  }

  /** Sends the request of an operation, named by its place in the plan. Rejects with the signal's reason only. */
  async operation(at: number): Promise<Tried> {
    return (await this.#try(at, this.#firstIndex + at, null)).tried;
  }

  async journeys(): Promise<TriedJourney[]> {
    const tried: TriedJourney[] = [];
    for (const at of this.#plan.journeys.keys()) tried.push(await this.journey(at));
    return tried;
  }

  /** Goes a journey, named by its place in the plan. Rejects with the signal's reason only. */
  async journey(at: number): Promise<TriedJourney> {
    const { name: journey = "?" } = this.#plan.journeys[at] ?? {};
    const steps: TriedStep[] = [];
    const skipped: SkippedStep[] = [];
    return { journey, steps, skipped, problem: await this.#journey(at, journey, steps, skipped) };
  }

  /** Goes a journey, adding each step, taken or skipped; resolves with why it was not known how to go on. */
  async #journey(journey: number, name: string, steps: TriedStep[], skipped: SkippedStep[]): Promise<string | null> {
    const session = newSession(keepsCookies(this.#input.journeys, name));
    try {
      let step = 0;
      while (step !== -1) {
        const index = requestIndex(this.#firstIndex + this.#plan.operations.length + journey, step);
        const { tried, flight } = await this.#try(this.#guide.operation(journey, step), index, session);
        const result = flight === null || tried.result !== "ok" ? tried.result : this.#carry(journey, step, flight, session);
        steps.push({ ...tried, step, result, carried: carriedText(session.carried) });
        if (result !== "ok") return null;
        const next = this.#guide.stepFrom(journey, step + 1, session.carried);
        skipped.push(...this.#stepsBetween(journey, step, next));
        step = next;
      }
      return null;
    } catch (thrown) {
      this.#signal.throwIfAborted();
      return `when() failed: ${redact(messageOf(thrown))}`;
    }
  }

  /** Those after one and before the next, or to the journey's end where that is -1. */
  #stepsBetween(journey: number, step: number, next: number): SkippedStep[] {
    const first = step + 1;
    const between = this.#plan.journeys[journey]?.steps.slice(first, next === -1 ? undefined : next) ?? [];
    return between.map(({ operation }, at) => Object.assign({ step: first + at }, this.#named(operation)));
  }

  #named(operation: number): Pick<Tried, "operation" | "kind"> {
    const { name = "?", kind = "read" } = this.#plan.operations[operation] ?? {};
    return { operation: name, kind };
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
    const named = this.#named(operation);
    const nothing = { ...named, request: "", reply: "", createdId: undefined, serviceUs: undefined };
    try {
      const faults = shapeFaults(this.#builder.shape(operation, this.#builder.user(0), this.#builder.at(index, 0, session)));
      if (faults.length > 0) return { tried: { ...nothing, result: faults.join("; ") }, flight: null };
      const built = this.#builder.build(operation, 0, index, 0, this.#purpose, session);
      const flight = await this.#sender.send({ built, operation, index, session });
      const { errorKey, createdId, serviceUs } = flight;
      const sides = { request: requestText(built), reply: replyText(flight) };
      return { tried: { ...named, ...sides, result: errorKey ?? "ok", createdId, serviceUs }, flight };
    } catch (thrown) {
      this.#signal.throwIfAborted();
      return { tried: { ...nothing, result: `not sent: ${redact(messageOf(thrown))}` }, flight: null };
    }
  }
}
