import { outcomeLine, type Flight } from "../load/flight.ts";
import { Sender } from "../load/sender.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { JournalIntent } from "../model/journal.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { Operation } from "../model/scenario.ts";
import type { Journal } from "../record/journal.ts";
import type { SampledWrite } from "./sampled-write.ts";

/** Connections of a load thread's own for this, so that the load's are the load's alone. */
const connections = 4;
/** Replays that may wait for the disk or a connection; a target that answers no faster gets fewer. */
const waitingMax = 1_000;

export interface ReplayerOptions {
  readonly plan: RunPlan;
  readonly operations: readonly Operation[];
  readonly journal: Pick<Journal, "intend" | "settle" | "isSynced">;
  readonly nowUs: () => number;
  /** A replay has ended, whatever it was answered. */
  readonly done: (write: SampledWrite) => void;
}

interface Waiting {
  readonly flight: Flight;
  readonly write: SampledWrite;
  readonly ticket: number;
}

/**
 * Sends accepted writes once more: the same bytes, so that the target must know them by their key. Each is journaled as a further
 * attempt before, and goes by connections and counts of its own, since it is no load.
 */
export class Replayer {
  readonly #options: ReplayerOptions;
  readonly #sender: Sender;
  /** In the order of their tickets. */
  readonly #waiting: Waiting[] = [];
  /** Under way, by their numbers. */
  readonly #under = new Map<number, Waiting>();

  constructor(options: ReplayerOptions) {
    this.#options = options;
    this.#sender = new Sender({
      ...options,
      maxConnections: connections,
      seconds: new SecondMeter(),
      connected: () => undefined,
      review: () => undefined,
      settled: (flight) => this.#settled(flight),
      sample: () => undefined,
    });
  }

  /** Takes a write on, unless too many wait. */
  take(flight: Flight, write: SampledWrite): boolean {
    if (this.#waiting.length + this.#under.size >= waitingMax) return false;
    const { user, built } = flight;
    const ticket = this.#options.journal.intend({ ...this.#attemptAfter(flight), u: user, key: built.key ?? "" });
    this.#waiting.push({ flight, write, ticket });
    return true;
  }

  /** Sends those whose intents are on disk. */
  tick(nowUs: number): void {
    this.#sender.expire(nowUs);
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (!this.#options.journal.isSynced(first.ticket)) return;
      this.#waiting.shift();
      this.#send(first, nowUs);
    }
  }

  /** None waits or is under way. */
  get isIdle(): boolean {
    return this.#waiting.length + this.#under.size === 0;
  }

  /** Gives up what is under way, and marks what was journaled and never sent. */
  stop(): void {
    for (const { flight, write } of this.#waiting.splice(0)) {
      this.#options.journal.settle({ ...this.#attemptAfter(flight), r: "unsent" });
      this.#options.done(write);
    }
    this.#sender.abortAll();
  }

  /** Attempts taken up so far, by the operation's index. */
  get takenUp(): readonly number[] {
    return this.#sender.takenUp;
  }

  get totals(): PurposeTotals {
    const { probe = { sent: 0, ok: 0 } } = this.#sender.totals;
    return probe;
  }

  #send(waiting: Waiting, nowUs: number): void {
    const { flight } = waiting;
    this.#under.set(flight.index, waiting);
    this.#sender.send({
      built: flight.built,
      operation: flight.operation,
      user: flight.user,
      index: flight.index,
      step: -1,
      purpose: "probe",
      dueUs: nowUs,
      dispatchedUs: nowUs,
      lagUs: 0,
      deadlineUs: nowUs + this.#options.plan.connections.deadlineUs,
      journey: -1,
      session: null,
      attempt: flight.attempt + 1,
      wantsReply: false,
    });
  }

  #settled(again: Flight): void {
    const waiting = this.#under.get(again.index);
    if (waiting === undefined) return;
    this.#under.delete(again.index);
    const { flight, write } = waiting;
    this.#options.journal.settle({ ...outcomeLine(again, this.#nameOf(flight)), ...this.#attemptAfter(flight) });
    this.#options.done(again.wasSent ? { ...write, replay: { id: again.createdId } } : write);
  }

  /** Under the write's own purpose, so that whoever reads the journal knows it for the same write. */
  #attemptAfter(flight: Flight): Pick<JournalIntent, "n" | "op" | "p" | "a"> {
    return { n: flight.index, op: this.#nameOf(flight), p: flight.purpose, a: flight.attempt + 1 };
  }

  #nameOf({ operation }: Flight): string {
    return this.#options.plan.operations[operation]?.name ?? "?";
  }
}
