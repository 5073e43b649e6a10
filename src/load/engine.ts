import type { SecondMeter } from "../measure/second-meter.ts";
import { StepMeter } from "../measure/step-meter.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Purpose } from "../model/tags.ts";
import { Schedule } from "../pace/schedule.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";
import type { Journal } from "../record/journal.ts";
import { Queue, type Upcoming } from "./lookahead.ts";
import type { RequestBuilder } from "./requests.ts";
import { outcomeLine, type Flight } from "./flight.ts";
import type { Sender } from "./sender.ts";

/** How far ahead of its due time an arrival is made: enough for several disk syncs. */
const lookaheadUs = 1_000_000;
/** Most arrivals made ahead, so that a rate beyond reason costs no memory beyond reason. */
const lookaheadMax = 131_072;
/** A step's last requests may take their deadline; what is still open this much later is a bug of ours, and is settled as such. */
const drainSlackUs = 1_000_000;

export interface EngineOptions {
  readonly plan: RunPlan;
  readonly worker: number;
  readonly builder: RequestBuilder;
  readonly sender: Sender;
  readonly journal: Journal;
  readonly seconds: SecondMeter;
  readonly stepDone: (step: number, meter: StepMeter, hash: ScheduleHash) => void;
}

interface RunningStep {
  readonly plan: StepPlan;
  readonly startUs: number;
  readonly purpose: Purpose;
  readonly meter: StepMeter;
  readonly hash: ScheduleHash;
  /** No more arrivals to make. */
  walked: boolean;
}

/**
 * The open loop of one worker: takes arrivals up when they are due, whatever became of those before. It never waits and never
 * drops: what is late is sent at once, and its lag says so.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #schedule: Schedule;
  readonly #writes: readonly boolean[];
  readonly #upcoming = new Queue<Upcoming>();
  /** Due per second, counted when an arrival is made, a second ahead. At most some three entries. */
  readonly #dueBySecond = new Map<number, number>();
  #step: RunningStep | null = null;
  /** One arrival made but beyond the look-ahead. */
  #held = false;
  #open = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#schedule = new Schedule(options.plan, { index: options.worker, of: options.plan.workers });
    this.#writes = options.plan.operations.map((operation) => operation.kind === "write");
  }

  begin(step: StepPlan, startUs: number): void {
    this.#schedule.begin(step);
    this.#held = false;
    const meter = new StepMeter(this.#options.plan.operations.length);
    const purpose = step.role === "warmup" ? "warmup" : "load";
    this.#step = { plan: step, startUs, purpose, meter, hash: new ScheduleHash(), walked: false };
  }

  /** Takes up what is due, gives up what is overdue, and reports the step when its last request is settled. */
  tick(nowUs: number): void {
    const step = this.#step;
    this.#options.sender.expire(nowUs);
    if (step === null) return;
    this.#lookAhead(step, nowUs);
    for (let next = this.#upcoming.peek(); next !== undefined && next.dueUs <= nowUs; next = this.#upcoming.peek()) {
      // The journal is written a second ahead; where the disk is slower than that, the write waits and its lag tells.
      if (next.ticket > 0 && !this.#options.journal.isSynced(next.ticket)) break;
      this.#upcoming.shift();
      this.#dispatch(step, next, this.#options.sender.nowUs());
    }
    this.#finish(step, nowUs);
  }

  /** Arrivals that fell due in a second of the run or, where the loop stalled and made them late, before it; forgets them. */
  takeDue(second: number): number {
    let due = 0;
    for (const [earlier, count] of this.#dueBySecond) {
      if (earlier > second) continue;
      due += count;
      this.#dueBySecond.delete(earlier);
    }
    return due;
  }

  /** Ends the load now: nothing more is taken up, and writes that were journaled ahead are marked unsent. */
  stop(): void {
    const purpose = this.#step?.purpose ?? "load";
    this.#step = null;
    for (let next = this.#upcoming.shift(); next !== undefined; next = this.#upcoming.shift()) {
      if (next.ticket > 0)
        this.#options.journal.settle({ ...this.#journalKey(next.index, next.operation, purpose), r: "unsent" });
    }
  }

  #lookAhead(step: RunningStep, nowUs: number): void {
    while (!step.walked && this.#upcoming.length < lookaheadMax) {
      if (!this.#held && !this.#schedule.next()) {
        step.walked = true;
        return;
      }
      const dueUs = step.startUs + this.#schedule.dueUs;
      this.#held = dueUs > nowUs + lookaheadUs;
      if (this.#held) return;
      this.#upcoming.push(this.#announce(step, dueUs));
    }
  }

  #announce(step: RunningStep, dueUs: number): Upcoming {
    const { index, operation, user, dueUs: offsetUs } = this.#schedule;
    const tally = step.meter.tallies[operation];
    if (tally !== undefined) tally.due += 1;
    const second = Math.floor(dueUs / 1_000_000);
    this.#dueBySecond.set(second, (this.#dueBySecond.get(second) ?? 0) + 1);
    if (this.#writes[operation] !== true) return { index, dueUs, offsetUs, operation, user, ticket: 0, built: null };
    const built = this.#options.builder.build(operation, user, index, offsetUs, step.purpose);
    const ticket = this.#options.journal.intend({
      ...this.#journalKey(index, operation, step.purpose),
      u: user,
      ...(built.key === undefined ? {} : { key: built.key }),
    });
    return { index, dueUs, offsetUs, operation, user, ticket, built };
  }

  #dispatch(step: RunningStep, next: Upcoming, nowUs: number): void {
    const { builder, sender, seconds, plan } = this.#options;
    const tally = step.meter.tallies[next.operation];
    if (tally !== undefined) tally.dispatched += 1;
    step.hash.add(next.index, next.offsetUs, next.operation, next.user);
    seconds.dispatched(nowUs - next.dueUs);
    this.#open += 1;
    const built = next.built ?? builder.build(next.operation, next.user, next.index, next.offsetUs, step.purpose);
    sender.send({
      built,
      operation: next.operation,
      index: next.index,
      step: step.plan.index,
      purpose: step.purpose,
      dueUs: next.dueUs,
      dispatchedUs: nowUs,
      deadlineUs: next.dueUs + plan.connections.deadlineUs,
    });
  }

  /** A request of this engine ended. After `stop` it no longer counts, but the journal must still hear of it. */
  settled(flight: Flight): void {
    this.#open -= 1;
    this.#step?.meter.settle(flight);
    if (this.#writes[flight.operation] !== true) return;
    this.#options.journal.settle(outcomeLine(flight, this.#options.plan.operations[flight.operation]?.name ?? "?", 1));
  }

  #finish(step: RunningStep, nowUs: number): void {
    const endUs = step.startUs + step.plan.holdUs;
    if (!step.walked || this.#upcoming.length > 0 || nowUs < endUs) return;
    if (this.#open > 0 && nowUs > endUs + this.#options.plan.connections.deadlineUs + drainSlackUs)
      this.#options.sender.abortAll();
    if (this.#open > 0) return;
    this.#step = null;
    this.#options.stepDone(step.plan.index, step.meter, step.hash);
  }

  #journalKey(index: number, operation: number, purpose: Purpose): { n: number; op: string; p: Purpose; a: number } {
    return { n: index, op: this.#options.plan.operations[operation]?.name ?? "?", p: purpose, a: 1 };
  }
}
