import type { SecondMeter } from "../measure/second-meter.ts";
import { readServerTiming } from "../measure/server-timing.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { RequestSample } from "../model/sample.ts";
import type { Operation } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import { headerOf } from "../wire/head.ts";
import { openTransport, type ConnectPhases, type Transport } from "../wire/transport.ts";
import { type Departure, Flight } from "./flight.ts";
import { judge, needsReply } from "./outcome.ts";
import { RedirectFollower, type RedirectError } from "./redirects.ts";
import { replyOf } from "./reply.ts";
import { readsRetryAfter } from "./retry.ts";
import { SampleBook } from "./samples.ts";
import { sitesOf } from "./sites.ts";

export interface SenderOptions {
  readonly plan: Pick<RunPlan, "targets" | "connections" | "operations">;
  /** This worker's share of the connections, which its targets share in turn; each target gets one at least. */
  readonly maxConnections: number;
  /** In the order of the plan's. */
  readonly operations: readonly Operation[];
  readonly seconds: SecondMeter;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** Called for each connection that was opened. */
  readonly connected: (phases: ConnectPhases) => void;
  /** Called once for every departure when it is judged and not counted yet: may judge otherwise, or have it tried again. */
  readonly review: (flight: Flight) => void;
  /** Called once for every departure, judged. */
  readonly settled: (flight: Flight) => void;
  readonly sample: (sample: RequestSample) => void;
}

/** `Server-Timing` is read from every n-th reply, so that its parsing stays a small part of a request's cost. */
const timingStride = 4;

/** What of an operation's replies must be kept, and how far they are followed. */
interface Handling {
  readonly definition: Operation;
  readonly needsReply: boolean;
  /** Where a redirect leads to, and how long a retry is to wait, stand in the head. */
  readonly needsHead: boolean;
  readonly redirects: number;
}

/** Sends departures to their targets, follows redirects, judges what comes back, and counts both. */
export class Sender {
  /** Sent and answered well so far, by purpose. */
  readonly totals: Partial<Record<Purpose, { -readonly [Field in keyof PurposeTotals]: number }>> = {};
  /** Attempts taken up so far, by the operation's index. */
  readonly takenUp: number[];
  readonly #options: SenderOptions;
  /** By target. */
  readonly #transports: readonly Transport<Flight>[];
  readonly #samples: SampleBook;
  readonly #handling: readonly Handling[];
  readonly #follower: RedirectFollower;
  #count = 0;

  /** Throws Fault `usage` where a transport cannot be opened. */
  constructor(options: SenderOptions) {
    const { plan, operations, sample } = options;
    this.#options = options;
    this.takenUp = plan.operations.map(() => 0);
    this.#samples = new SampleBook(
      plan.operations.map((operation) => operation.name),
      sample,
    );
    this.#handling = operations.map((definition) => {
      const { redirects = 0, retry } = definition;
      const needsHead = redirects > 0 || (retry !== undefined && readsRetryAfter(retry));
      return { definition, needsReply: needsReply(definition), needsHead, redirects };
    });
    this.#follower = new RedirectFollower(sitesOf(plan.targets, plan.connections));
    this.#transports = plan.targets.map((origin, target) => this.#open(origin, target));
  }

  /** Requests dispatched and not settled. */
  get inFlight(): number {
    let sum = 0;
    for (const transport of this.#transports) sum += transport.inFlight + transport.waiting;
    return sum;
  }

  /** Connections established. */
  get connections(): number {
    let sum = 0;
    for (const transport of this.#transports) sum += transport.open;
    return sum;
  }

  /** Bytes that connections carried so far, both ways. */
  get bytes(): number {
    let sum = 0;
    for (const transport of this.#transports) sum += transport.bytes;
    return sum;
  }

  nowUs(): number {
    return this.#options.nowUs();
  }

  send(departure: Departure): void {
    const flight = new Flight(departure);
    this.takenUp[flight.operation] = (this.takenUp[flight.operation] ?? 0) + 1;
    const { needsReply, needsHead } = this.#handlingOf(flight);
    const keeps = needsReply || departure.wantsReply;
    const cookies = flight.session !== null && flight.session.cookies !== null;
    flight.fresh = departure.built.fresh;
    flight.keepBody = keeps;
    flight.keepHead = keeps || needsHead || cookies || this.#count++ % timingStride === 0;
    this.#dispatch(flight, departure.built.site.target);
  }

  /** Gives up what is overdue. */
  expire(nowUs: number): void {
    for (const transport of this.#transports) transport.expire(nowUs);
  }

  /** Gives up everything under way. */
  abortAll(): void {
    for (const transport of this.#transports) transport.abortAll();
  }

  /** Gives up everything and closes all connections. */
  close(): void {
    for (const transport of this.#transports) transport.close();
  }

  /** Emits the slowest requests of a step that ended, and of what was before it. */
  endStep(step: number): void {
    this.#samples.endStep(step);
  }

  /**
   * Counts a request by its last attempt: when that is judged or, where another one was to follow and is never taken up, by whoever knows
   * that.
   */
  count(flight: Flight): void {
    const { seconds } = this.#options;
    const totals = this.#totalsOf(flight.purpose);
    if (flight.wasSent) totals.sent += 1;
    if (flight.outcome === "ok") totals.ok += 1;
    if (flight.purpose === "prepare") return;
    if (flight.wasSent) seconds.counts.sent += 1;
    seconds.counts[flight.outcome] += 1;
    if (flight.errorKey !== null) seconds.error(flight.errorKey);
    if (flight.responseUs === undefined) return;
    seconds.answered(flight.responseUs, flight.status);
    // Not of every error whose head is there anyway: errors would then be more of what is read than of what was answered.
    const timing = flight.keepHead ? headerOf(flight.head, "server-timing") : undefined;
    if (timing !== undefined)
      readServerTiming(timing, (entry, durationUs) => seconds.serverTiming(flight.operation, entry, durationUs));
  }

  /** Counts a request that fails without another attempt at it being sent; `before` is the last one that was, or null. */
  fail(purpose: Purpose, before: Flight | null, errorKey: string): void {
    const { seconds } = this.#options;
    if (before?.wasSent === true) {
      this.#totalsOf(purpose).sent += 1;
      seconds.counts.sent += 1;
    }
    if (before?.wasAnswered === true) seconds.counts.done += 1;
    seconds.counts.failed += 1;
    seconds.error(errorKey);
  }

  #open(origin: string, target: number): Transport<Flight> {
    const { plan, maxConnections, nowUs, connected } = this.#options;
    const count = plan.targets.length;
    return openTransport<Flight>({
      origin,
      network: plan.connections,
      maxConnections: Math.max(1, Math.floor(maxConnections / count) + Number(target < maxConnections % count)),
      now: nowUs,
      settled: (flight) => this.#settle(flight),
      connected,
    });
  }

  #dispatch(flight: Flight, target: number): void {
    const transport = this.#transports[target];
    if (transport === undefined) throw new RangeError(`no target ${target}`);
    transport.dispatch(flight);
  }

  #handlingOf(flight: Flight): Handling {
    const handling = this.#handling[flight.operation];
    if (handling === undefined) throw new RangeError(`no operation ${flight.operation}`);
    return handling;
  }

  #settle(flight: Flight): void {
    const { redirects, definition, needsReply } = this.#handlingOf(flight);
    if (flight.head !== "") flight.session?.cookies?.keep(this.#follower.urlOf(flight), flight.head);
    let redirectError: RedirectError | null = null;
    let wasRedirected = false;
    if (redirects > 0) {
      const next = this.#follower.follow(flight, redirects, this.nowUs());
      if (next !== null && typeof next === "object") return this.#dispatch(flight, next.target);
      redirectError = next;
      wasRedirected = this.#follower.end(flight);
    }
    const { status, wasSent } = flight;
    const seen = { status, wasSent, error: flight.error ?? redirectError, wasRedirected };
    const judged = judge(definition, seen, needsReply ? replyOf(flight) : null);
    flight.outcome = judged.outcome;
    flight.errorKey = judged.errorKey;
    flight.journal = judged.journal;
    flight.createdId = judged.createdId;
    this.#options.review(flight);
    if (flight.retryAtUs === 0) this.count(flight);
    this.#samples.see(flight);
    this.#options.settled(flight);
  }

  #totalsOf(purpose: Purpose): { -readonly [Field in keyof PurposeTotals]: number } {
    return (this.totals[purpose] ??= { sent: 0, ok: 0 });
  }
}
