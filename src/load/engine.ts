import { DueSeconds } from "../measure/due-seconds.ts";
import { OccupancyMeter } from "../measure/occupancy-meter.ts";
import type { SecondMeter } from "../measure/second-meter.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Occupancy } from "../model/run.ts";
import type { Schedule } from "../pace/schedule.ts";
import type { Journal } from "../record/journal.ts";
import type { ConnectPhases } from "../wire/transport.ts";
import type { Departure, Flight } from "./flight.ts";
import { Heap } from "./heap.ts";
import { arrivalOf } from "./journey-guide.ts";
import { JourneyTroubles, type JourneyTrouble } from "./journey-troubles.ts";
import { Lookahead } from "./lookahead.ts";
import { Planner, type Ways } from "./planner.ts";
import type { RequestBuilder } from "./requests.ts";
import { RunningStep } from "./running-step.ts";
import { RunningSteps } from "./running-steps.ts";
import type { Sender } from "./sender.ts";
import type { Upcoming } from "./upcoming.ts";
import { WriteAhead } from "./write-ahead.ts";

/**
 * Most requests that a turn of the event loop takes up, beside one for each that ends in it: where more are due than can be sent, replies
 * must be read all the same, or nothing is answered. An empty turn costs less than taking one up, so that a small number is no loss; what a
 * tick of 1 ms takes up at 32,000/s. A guess.
 */
const turnTakesMax = 32;

export interface EngineOptions {
  readonly plan: RunPlan;
  readonly scenario: Ways;
  readonly worker: number;
  readonly builder: Pick<RequestBuilder, "build">;
  readonly sender: Pick<Sender, "send" | "expire" | "abortAll" | "inFlight" | "nowUs" | "count" | "fail">;
  readonly journal: Pick<Journal, "intend" | "settle" | "isSynced">;
  readonly seconds: SecondMeter;
  /** The last request of a step has ended, and of all before it. Occupancy: of the chain of steps that it is the last of, or null. */
  readonly stepDone: (step: RunningStep, occupancy: Occupancy | null) => void;
  /** Called with the first thing that each function of a journey threw. */
  readonly trouble: (trouble: JourneyTrouble) => void;
}

/**
 * The open loop of one worker: takes requests up when they are due, whatever became of those before. It never waits and never
 * drops: what is late is sent at once and in order, and its lag says so. Only what is so late that its deadline has passed is not sent,
 * whether by the loop or by the disk, which a write's intent must be on; it has failed as `unsent`.
 *
 * Arrivals are known ahead. What follows from a reply, the next request of a journey or another attempt, goes by its own due time.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #planner: Planner;
  readonly #troubles: JourneyTroubles;
  readonly #writeAhead: WriteAhead;
  readonly #lookahead: Lookahead;
  /** Later requests of journeys and further attempts, by when they are due. */
  readonly #later = new Heap<Upcoming>();
  readonly #dueSeconds = new DueSeconds();
  readonly #occupancy = new OccupancyMeter();
  readonly #steps: RunningSteps;
  /** What went wrong since the last tick, to be thrown by the next one: whoever hands us a reply cannot do anything about it. */
  #trouble: { readonly thrown: unknown } | null = null;
  /** How many more this turn of the event loop may take up. */
  #allowance = turnTakesMax;

  constructor(options: EngineOptions) {
    const { plan, scenario, worker, journal, trouble } = options;
    const journeys = plan.journeys.map(({ name }) => name);
    this.#options = options;
    this.#steps = new RunningSteps(plan.connections.deadlineUs);
    this.#troubles = new JourneyTroubles(journeys, trouble);
    this.#planner = new Planner(plan, scenario, this.#troubles);
    this.#writeAhead = new WriteAhead(plan, journal);
    this.#lookahead = new Lookahead(plan, worker, (step, schedule) => this.#announce(step, schedule));
  }

  /** Begins a step at an instant that may lie ahead, and by which the steps begun before it have ended. */
  begin(plan: StepPlan, startUs: number): void {
    const step = new RunningStep(plan, startUs, this.#options.plan);
    this.#steps.begin(step);
    this.#lookahead.begin(step);
  }

  /** Takes up what is due, gives up what is overdue, and reports a step when its last request has ended. Throws what a request's function throws. */
  tick(nowUs: number): void {
    if (this.#trouble !== null) throw this.#trouble.thrown;
    this.#options.sender.expire(nowUs);
    this.#allowance = turnTakesMax;
    if (this.#steps.areOver) return;
    this.#lookahead.fill(nowUs);
    this.#takeUpDue(nowUs);
    this.#takeUpReleased(nowUs);
    this.#finish(nowUs);
  }

  /** More is due than the last turn of the loop could take up: the next tick should come as soon as the replies that are there are read. */
  get isBehind(): boolean {
    return this.#allowance === 0;
  }

  /** Requests that fell due in a second of the run or, where the loop stalled and made them late, before it; forgets them. */
  takeDue(second: number): number {
    return this.#dueSeconds.take(second);
  }

  /** Ends the load now: nothing more is taken up, and writes that were journaled ahead are marked unsent. */
  stop(): void {
    const shift = (): Upcoming | undefined => this.#lookahead.shift() ?? this.#later.shift() ?? this.#writeAhead.shift();
    for (let next = shift(); next !== undefined; next = shift()) {
      if (next.before !== null) this.#options.sender.count(next.before);
      this.#writeAhead.disown(next);
    }
    this.#steps.clear();
  }

  /** A connection was opened: its phases belong to the step whose time it is. */
  connected({ dnsUs, tcpUs, tlsUs }: ConnectPhases): void {
    const meter = this.#steps.begunBy(this.#options.sender.nowUs())?.meter;
    if (dnsUs !== null) meter?.phase("dns", dnsUs);
    meter?.phase("tcp", tcpUs);
    if (tlsUs !== null) meter?.phase("tls", tlsUs);
  }

  /** An attempt was judged, and is about to be counted. */
  review(flight: Flight): void {
    if (this.#steps.get(flight.step) !== undefined) this.#planner.review(flight);
  }

  /** An attempt ended. After `stop` it no longer counts, but the journal must still hear of it. */
  settled(flight: Flight): void {
    this.#occupancy.changed(flight.doneUs, this.#options.sender.inFlight);
    this.#occupancy.ended(flight.doneUs - flight.dispatchedUs);
    this.#writeAhead.settled(flight);
    const step = this.#steps.get(flight.step);
    if (step === undefined) return;
    if (flight.wasAnswered) {
      step.meter.phase("firstByte", flight.firstByteUs - flight.sentUs);
      step.meter.phase("body", flight.doneUs - flight.firstByteUs);
    }
    if (flight.retryAtUs > 0) {
      step.meter.retried(flight.operation, flight.errorKey ?? "?");
      this.#keep(step, this.#planner.again(step, flight));
    } else {
      step.meter.settle(flight);
      this.#options.seconds.watched.ended(flight.operation, flight.outcome, flight.responseUs);
      if (flight.journey >= 0) this.#goOn(step, flight);
    }
    step.pending -= 1;
    this.#allowance += 1;
    this.#takeUpBetweenTicks(flight.doneUs);
  }

  /** A reply wakes the loop anyway, so what fell due since the last tick need not wait for the next: its lag is ours. */
  #takeUpBetweenTicks(nowUs: number): void {
    try {
      if (this.#trouble === null) this.#takeUpDue(nowUs);
    } catch (thrown) {
      this.#trouble = { thrown };
    }
  }

  #goOn(step: RunningStep, flight: Flight): void {
    const { meter } = step;
    if (flight.outcome !== "ok") return meter.journey(flight.journey, "broken");
    if (flight.nextStep < 0) return meter.journey(flight.journey, "completed");
    const dueUs = this.#planner.nextDueUs(flight);
    const next = this.#steps.inChain(step, dueUs);
    if (next === undefined) meter.journey(flight.journey, "cut");
    else this.#keep(next, this.#planner.next(next, flight, dueUs));
  }

  #announce(step: RunningStep, schedule: Schedule): Upcoming {
    const upcoming = this.#planner.arrival(step, schedule);
    step.pending += 1;
    this.#countDue(step, upcoming);
    this.#journalAhead(upcoming);
    return upcoming;
  }

  /** Keeps what follows from a reply until it is due, which may be now: it is taken up in the order of what is due. */
  #keep(step: RunningStep, upcoming: Upcoming): void {
    step.pending += 1;
    this.#journalAhead(upcoming);
    this.#later.add(upcoming.attemptDueUs, upcoming);
  }

  #countDue(step: RunningStep, upcoming: Upcoming): void {
    step.meter.due(upcoming.operation);
    this.#dueSeconds.add(upcoming.dueUs);
  }

  /** A write is built ahead of its time, since its key belongs into the journal. */
  #journalAhead(upcoming: Upcoming): void {
    if (this.#writeAhead.isWrite(upcoming.operation) && this.#build(upcoming)) this.#writeAhead.intend(upcoming);
  }

  #takeUpDue(nowUs: number): void {
    for (; this.#allowance > 0; this.#allowance--) {
      const arrivalUs = this.#lookahead.first?.dueUs ?? Number.POSITIVE_INFINITY;
      if (Math.min(arrivalUs, this.#later.firstKey) > nowUs) return;
      const upcoming = arrivalUs <= this.#later.firstKey ? this.#lookahead.shift() : this.#later.shift();
      const step = this.#steps.get(upcoming?.step ?? -1);
      if (upcoming === undefined || step === undefined) return;
      if (upcoming.entry >= 0) this.#takeUpArrival(step, upcoming, nowUs);
      else this.#takeUpLater(step, upcoming, nowUs);
    }
  }

  #takeUpArrival(step: RunningStep, upcoming: Upcoming, nowUs: number): void {
    step.hash.add(arrivalOf(upcoming.index), upcoming.offsetUs, upcoming.entry, upcoming.user);
    this.#depart(step, upcoming, nowUs);
  }

  #takeUpLater(step: RunningStep, upcoming: Upcoming, nowUs: number): void {
    if (upcoming.attempt === 1) this.#countDue(step, upcoming);
    this.#depart(step, upcoming, nowUs);
  }

  #depart(step: RunningStep, upcoming: Upcoming, nowUs: number): void {
    if (upcoming.deadlineUs <= nowUs) return this.#fail(step, upcoming, "unsent");
    if (!this.#build(upcoming)) return this.#fail(step, upcoming, this.#planner.errorKey(upcoming.journey));
    this.#writeAhead.intend(upcoming);
    // The journal is written ahead; where the disk is slower than that, the write waits and its lag tells.
    if (this.#writeAhead.isSynced(upcoming)) this.#dispatch(step, upcoming);
    else this.#writeAhead.wait(upcoming);
  }

  #takeUpReleased(nowUs: number): void {
    for (let next = this.#writeAhead.release(nowUs); next !== undefined; next = this.#writeAhead.release(nowUs)) {
      const step = this.#steps.get(next.step);
      if (step === undefined) return;
      if (next.deadlineUs > nowUs) this.#dispatch(step, next);
      else this.#fail(step, next, "unsent");
    }
  }

  /** Whether there is a request to send. What a reply left may not do for a journey's next one, which is no reason to end the run. */
  #build(upcoming: Upcoming): boolean {
    if (upcoming.built !== null) return true;
    const { operation, user, index, offsetUs, purpose, session } = upcoming;
    try {
      upcoming.built = this.#options.builder.build(operation, user, index, offsetUs, purpose, session);
      return true;
    } catch (thrown) {
      if (upcoming.entry >= 0) throw thrown;
      this.#troubles.threw(upcoming.journey, "request", thrown);
      return false;
    }
  }

  #dispatch(step: RunningStep, upcoming: Upcoming): void {
    const { sender, seconds } = this.#options;
    const { operation, attempt } = upcoming;
    const retrier = this.#planner.retrier(operation);
    const nowUs = sender.nowUs();
    const lagUs = nowUs - upcoming.attemptDueUs;
    upcoming.dispatchedUs = nowUs;
    upcoming.lagUs += lagUs;
    if (attempt === 1) {
      step.meter.dispatched(operation);
      seconds.dispatched(lagUs);
      retrier?.earn();
    } else {
      seconds.retried(lagUs);
    }
    if (retrier !== null) upcoming.deadlineUs = Math.min(upcoming.deadlineUs, nowUs + retrier.attemptDeadlineUs);
    // Built before, or it would not be taken up.
    sender.send(upcoming as Departure);
    this.#occupancy.changed(nowUs, sender.inFlight);
    this.#planner.giveBack(upcoming);
  }

  /** A request ends without this attempt at it having been taken up. */
  #fail(step: RunningStep, upcoming: Upcoming, errorKey: string): void {
    const { operation, purpose, before } = upcoming;
    step.meter.fail(operation, errorKey, before);
    this.#options.seconds.watched.ended(operation, "failed", undefined);
    this.#options.sender.fail(purpose, before, errorKey);
    if (upcoming.journey >= 0) step.meter.journey(upcoming.journey, "broken");
    this.#writeAhead.disown(upcoming);
    step.pending -= 1;
    this.#planner.giveBack(upcoming);
  }

  /** Steps are reported in their order, so that those of a chain are all over when its last one is. */
  #finish(nowUs: number): void {
    const { plan, sender, stepDone } = this.#options;
    if (this.#steps.areOverdue(nowUs)) sender.abortAll();
    for (let step = this.#steps.shiftEnded(nowUs); step !== undefined; step = this.#steps.shiftEnded(nowUs)) {
      const isLast = plan.steps[step.plan.index + 1]?.follows !== true;
      stepDone(step, isLast ? this.#occupancy.take(nowUs, sender.inFlight) : null);
    }
  }
}
