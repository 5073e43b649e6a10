import type { Settled } from "../measure/step-meter.ts";
import type { JournalOutcome } from "../model/journal.ts";
import type { Outcome } from "../model/run.ts";
import type { Purpose } from "../model/tags.ts";
import { Exchange } from "../wire/exchange.ts";
import type { BuiltRequest } from "./requests.ts";

/** What an engine knows of a request when it takes it up. Times are microseconds since the run's start. */
export interface Departure {
  readonly built: BuiltRequest;
  readonly operation: number;
  readonly index: number;
  /** Step index; -1 for prepare. */
  readonly step: number;
  readonly purpose: Purpose;
  readonly dueUs: number;
  readonly dispatchedUs: number;
  readonly deadlineUs: number;
}

/** What the journal is told when a write ended. */
export function outcomeLine(flight: Flight, op: string, attempt: number): Omit<JournalOutcome, "k"> {
  return {
    n: flight.index,
    op,
    p: flight.purpose,
    a: attempt,
    r: flight.journal,
    ...(flight.createdId === undefined ? {} : { id: flight.createdId }),
    ...(flight.status === 0 ? {} : { s: flight.status }),
  };
}

/** A request from the moment it is taken up to its judgement: the transport fills in the exchange, `judge` the rest. */
export class Flight extends Exchange implements Settled {
  readonly built: BuiltRequest;
  readonly operation: number;
  readonly index: number;
  readonly step: number;
  readonly purpose: Purpose;
  outcome: Outcome = "failed";
  errorKey: string | null = null;
  journal: JournalOutcome["r"] = "unknown";
  createdId: string | undefined = undefined;

  constructor(departure: Departure) {
    super();
    this.built = departure.built;
    this.operation = departure.operation;
    this.index = departure.index;
    this.step = departure.step;
    this.purpose = departure.purpose;
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

  get lagUs(): number {
    return this.dispatchedUs - this.dueUs;
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
