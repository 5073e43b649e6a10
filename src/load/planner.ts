import type { RunPlan } from "../model/plan.ts";
import type { ScenarioInput } from "../model/scenario.ts";
import type { Schedule } from "../pace/schedule.ts";
import type { Flight } from "./flight.ts";
import { JourneyGuide, arrivalOf, requestIndex, stepOf } from "./journey-guide.ts";
import type { JourneyFunction, JourneyTroubles } from "./journey-troubles.ts";
import { keepsCookies, newSession, type JourneySession } from "./journey-session.ts";
import { Retrier } from "./retry.ts";
import type { RunningStep } from "./running-step.ts";
import { replyOf } from "./reply.ts";
import { Upcoming } from "./upcoming.ts";

/** Functions of journeys and retry policies of operations, which are in no plan. */
export type Ways = Pick<ScenarioInput, "operations" | "journeys">;

/**
 * Says what is to be sent next: arrivals as the schedule has them, and what follows from a reply. It decides and counts nothing. The
 * objects that it hands out are used again once they are given back, so that a load thread makes no garbage of them.
 */
export class Planner {
  readonly #deadlineUs: number;
  readonly #operationCount: number;
  readonly #retriers: readonly (Retrier | null)[];
  /** By journey. */
  readonly #keepsCookies: readonly boolean[];
  readonly #guide: JourneyGuide;
  readonly #troubles: JourneyTroubles;
  readonly #spare: Upcoming[] = [];

  constructor(plan: RunPlan, ways: Ways, troubles: JourneyTroubles) {
    this.#troubles = troubles;
    this.#deadlineUs = plan.connections.deadlineUs;
    this.#operationCount = plan.operations.length;
    this.#keepsCookies = plan.journeys.map(({ name }) => keepsCookies(ways.journeys, name));
    this.#guide = new JourneyGuide(plan.journeys, ways.journeys ?? {}, plan.seed);
    this.#retriers = plan.operations.map(({ name }) => {
      const policy = ways.operations[name]?.retry;
      return policy === undefined ? null : new Retrier(policy, plan.seed);
    });
  }

  /** The policy of an operation, or null. */
  retrier(operation: number): Retrier | null {
    return this.#retriers[operation] ?? null;
  }

  /** The arrival that the schedule stands at. */
  arrival(step: RunningStep, { index, entry, user, dueUs }: Schedule): Upcoming {
    const upcoming = this.#take();
    upcoming.entry = entry;
    upcoming.user = user;
    upcoming.offsetUs = dueUs;
    this.#place(upcoming, step, step.startUs + dueUs);
    if (entry < this.#operationCount) this.#name(upcoming, entry, index);
    else this.#enter(upcoming, entry - this.#operationCount, index);
    return upcoming;
  }

  /**
   * The last word on an attempt that was judged: a journey must find in the reply what it carries on, or the request has failed; and a
   * policy may have it tried again.
   */
  review(flight: Flight): void {
    if (flight.session !== null && flight.outcome === "ok") this.#lookOn(flight, flight.session);
    const retrier = this.#retriers[flight.operation];
    if (flight.outcome === "ok" || retrier === null || retrier === undefined) return;
    flight.retryAtUs = retrier.next(flight, flight.dueUs + this.#deadlineUs, Date.now());
  }

  /** The next attempt at a request: the same bytes, without what cookies a reply to an earlier attempt has set. */
  again(step: RunningStep, flight: Flight): Upcoming {
    const upcoming = this.#sequel(step, flight, flight.dueUs);
    this.#name(upcoming, flight.operation, flight.index);
    upcoming.built = flight.built;
    upcoming.lagUs = flight.lagUs;
    upcoming.before = flight;
    // Nobody reads it any more, and many of them may wait for their next attempts.
    flight.body = null;
    upcoming.attempt = flight.attempt + 1;
    upcoming.attemptDueUs = flight.retryAtUs;
    return upcoming;
  }

  /** When the next request of a journey that goes on is due: its user has thought after the last reply. */
  nextDueUs(flight: Flight): number {
    return flight.doneUs + this.#guide.thinkUs(flight.journey, nextIndex(flight));
  }

  /** That request; `step` is the one whose time it is. */
  next(step: RunningStep, flight: Flight, dueUs: number): Upcoming {
    const upcoming = this.#sequel(step, flight, dueUs);
    this.#name(upcoming, this.#guide.operation(flight.journey, flight.nextStep), nextIndex(flight));
    return upcoming;
  }

  /** Error key of a request whose reply its journey could not go on from, or that could not be made of what was carried to it. */
  errorKey(journey: number): string {
    return this.#guide.errorKey(journey);
  }

  /** Takes back one that is not needed any more. */
  giveBack(upcoming: Upcoming): void {
    upcoming.renew();
    this.#spare.push(upcoming);
  }

  #take(): Upcoming {
    return this.#spare.pop() ?? new Upcoming();
  }

  #enter(upcoming: Upcoming, journey: number, arrival: number): void {
    upcoming.journey = journey;
    upcoming.session = newSession(this.#keepsCookies[journey] === true);
    this.#name(upcoming, this.#guide.operation(journey, 0), arrival);
  }

  #lookOn(flight: Flight, session: JourneySession): void {
    const step = stepOf(flight.index);
    let asked: JourneyFunction = "carry";
    try {
      if (this.#guide.wantsReply(flight.journey, step))
        session.carried = this.#guide.carried(flight.journey, step, replyOf(flight), session.carried);
      asked = "when";
      flight.nextStep = this.#guide.stepFrom(flight.journey, step + 1, session.carried);
    } catch (thrown) {
      this.#troubles.threw(flight.journey, asked, thrown);
      flight.outcome = "failed";
      flight.errorKey = this.#guide.errorKey(flight.journey);
    }
  }

  #sequel(step: RunningStep, flight: Flight, dueUs: number): Upcoming {
    const upcoming = this.#take();
    upcoming.entry = -1;
    upcoming.user = flight.user;
    upcoming.journey = flight.journey;
    upcoming.session = flight.session;
    upcoming.offsetUs = dueUs - step.startUs;
    this.#place(upcoming, step, dueUs);
    return upcoming;
  }

  #place(upcoming: Upcoming, step: RunningStep, dueUs: number): void {
    upcoming.step = step.plan.index;
    upcoming.purpose = step.purpose;
    upcoming.dueUs = dueUs;
    upcoming.attemptDueUs = dueUs;
    upcoming.deadlineUs = dueUs + this.#deadlineUs;
  }

  #name(upcoming: Upcoming, operation: number, index: number): void {
    upcoming.operation = operation;
    upcoming.index = index;
    upcoming.wantsReply = this.#guide.wantsReply(upcoming.journey, stepOf(index));
  }
}

function nextIndex({ index, nextStep }: Flight): number {
  return requestIndex(arrivalOf(index), nextStep);
}
