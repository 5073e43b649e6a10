import type { Departure, Flight } from "./flight.ts";
import type { BuiltRequest } from "./requests.ts";

/** An attempt that is known and not yet taken up: a departure to be. Times are microseconds since the run's start. */
export class Upcoming implements Omit<Departure, "built"> {
  /** Null until it is made: when it is journaled or, for a read, when it departs. */
  built: BuiltRequest | null = null;
  operation = -1;
  user = 0;
  index = 0;
  step = 0;
  purpose: Departure["purpose"] = "load";
  dueUs = 0;
  dispatchedUs = 0;
  lagUs = 0;
  deadlineUs = 0;
  journey = -1;
  session: Departure["session"] = null;
  attempt = 1;
  wantsReply = false;
  /** When this very attempt is due. */
  attemptDueUs = 0;
  /** `dueUs` since the step's start; for an arrival to the last bit as the schedule has it. */
  offsetUs = 0;
  /** Of an arrival: the schedule's entry, which is an operation or a journey. -1: it follows from a reply. */
  entry = -1;
  /** Journal ticket; 0: not journaled, as a read never is. */
  ticket = 0;
  /** The attempt before this one: what became of the request if this one is never taken up. */
  before: Flight | null = null;

  /** Lets go of what it led to. What every use sets anew is left. */
  renew(): void {
    this.built = null;
    this.lagUs = 0;
    this.journey = -1;
    this.session = null;
    this.attempt = 1;
    this.ticket = 0;
    this.before = null;
  }
}
