import type { Settled } from "../measure/step-meter.ts";
import type { JournalOutcome } from "../model/journal.ts";
import type { Outcome } from "../model/run.ts";
import type { Carried } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import { Exchange } from "../wire/exchange.ts";
import type { JourneySession } from "./journey-session.ts";
import type { BuiltRequest } from "./requests.ts";

/** What an engine knows of one attempt at a request when it takes it up. Times are microseconds since the run's start. */
export interface Departure {
  readonly built: BuiltRequest;
  readonly operation: number;
  /** Index into the users' pool. */
  readonly user: number;
  readonly index: number;
  /** Step index; -1 for prepare. */
  readonly step: number;
  readonly purpose: Purpose;
  /** When the request was due, whichever attempt this is. */
  readonly dueUs: number;
  readonly dispatchedUs: number;
  /** How late it was taken up: over all its attempts, each by its own due time. */
  readonly lagUs: number;
  readonly deadlineUs: number;
  /** Index into the plan's journeys; -1: none. */
  readonly journey: number;
  /** What the requests of one journey share; null outside one. */
  readonly session: JourneySession | null;
  /** From 1. */
  readonly attempt: number;
  /** Somebody will want to read head and body of the reply. */
  readonly wantsReply: boolean;
}

/** What the journal is told when an attempt at a write ended. */
export function outcomeLine(flight: Flight, op: string): Omit<JournalOutcome, "k"> {
  return {
    n: flight.index,
    op,
    p: flight.purpose,
    a: flight.attempt,
    r: flight.journal,
    ...(flight.createdId === undefined ? {} : { id: flight.createdId }),
    ...(flight.status === 0 ? {} : { s: flight.status }),
  };
}

/** An attempt from the moment it is taken up to its judgement: the transport fills in the exchange, `judge` and the engine the rest. */
export class Flight extends Exchange implements Settled {
  readonly built: BuiltRequest;
  readonly operation: number;
  readonly user: number;
  readonly index: number;
  readonly step: number;
  readonly purpose: Purpose;
  readonly lagUs: number;
  readonly journey: number;
  readonly session: JourneySession | null;
  /** What was carried to it: what it carries on may be something else. */
  readonly carried: Carried | null;
  readonly attempt: number;
  outcome: Outcome = "failed";
  errorKey: string | null = null;
  journal: JournalOutcome["r"] = "unknown";
  createdId: string | undefined = undefined;
  /** When the next attempt is due; 0: there is none, and the outcome of this one counts. */
  retryAtUs = 0;
  /** The journey's step that comes next; -1: none. */
  nextStep = -1;

  constructor(departure: Departure) {
    super();
    this.built = departure.built;
    this.operation = departure.operation;
    this.user = departure.user;
    this.index = departure.index;
    this.step = departure.step;
    this.purpose = departure.purpose;
    this.lagUs = departure.lagUs;
    this.journey = departure.journey;
    this.session = departure.session;
    this.carried = departure.session === null ? null : departure.session.carried;
    this.attempt = departure.attempt;
    this.request = departure.built.text;
    this.encoding = departure.built.encoding;
    this.isHead = departure.built.method === "HEAD";
    this.dueUs = departure.dueUs;
    this.dispatchedUs = departure.dispatchedUs;
    this.deadlineUs = departure.deadlineUs;
  }

  get wasSent(): boolean {
    return this.sentUs > 0;
  }

  /** A full reply came, whatever it said. */
  get wasAnswered(): boolean {
    return this.error === null && this.status > 0;
  }

  get waitUs(): number | undefined {
    return this.wasSent ? this.sentUs - this.dispatchedUs : undefined;
  }

  get serviceUs(): number | undefined {
    return this.wasAnswered ? this.doneUs - this.sentUs : undefined;
  }

  get responseUs(): number | undefined {
    return this.wasAnswered ? this.doneUs - this.dueUs : undefined;
  }
}
