import { monotonicUs } from "../src/measure/clock.ts";
import { type ConnectionPlan, plainNetwork } from "../src/model/plan.ts";

/** One of our generators in a closed loop: what it is asked to do, and what it counts. */
export class ClosedLoop {
  readonly origin: string;
  readonly connections: number;
  /** Body of a POST; undefined: a GET. */
  readonly body: string | undefined;
  readonly network: ConnectionPlan;
  readonly deadlineUs = 10_000_000;
  requests = 0;
  errors = 0;
  isRunning = true;
  readonly #startedUs = monotonicUs() - 1;

  constructor(origin: string, connections: number, body: string | undefined) {
    this.origin = origin;
    this.connections = connections;
    this.body = body;
    const tls = { ...plainNetwork.tls, verify: false };
    this.network = { ...plainNetwork, tls, policy: "keep-alive", max: connections, deadlineUs: this.deadlineUs };
  }

  readonly nowUs = (): number => monotonicUs() - this.#startedUs;

  /** Counts a reply; true while another request is wanted. */
  count(isOk: boolean): boolean {
    if (isOk) this.requests += 1;
    else this.errors += 1;
    return this.isRunning;
  }
}
