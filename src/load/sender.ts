import type { SecondMeter } from "../measure/second-meter.ts";
import { readServerTiming } from "../measure/server-timing.ts";
import type { ConnectionPlan } from "../model/plan.ts";
import type { PurposeTotals } from "../model/run.ts";
import type { RequestSample } from "../model/sample.ts";
import type { Operation, Reply } from "../model/scenario.ts";
import type { Purpose } from "../model/tags.ts";
import { redact } from "../safety/redact.ts";
import { HttpClient } from "../wire/client.ts";
import { endpointOf } from "../wire/endpoint.ts";
import { headerOf, headersOf } from "../wire/head.ts";
import { type Departure, Flight } from "./flight.ts";
import { judge } from "./outcome.ts";
import { replyCharactersMax, SampleBook } from "./samples.ts";

export interface SenderOptions {
  /** Origin: `http://host:port`. */
  readonly target: string;
  readonly connections: ConnectionPlan;
  /** This worker's share of the connections. */
  readonly maxConnections: number;
  readonly operations: readonly Operation[];
  readonly operationNames: readonly string[];
  readonly seconds: SecondMeter;
  /** Microseconds since the run's start. */
  readonly nowUs: () => number;
  /** Called once for every departure, judged. */
  readonly settled: (flight: Flight) => void;
  readonly sample: (sample: RequestSample) => void;
}

/** `Server-Timing` is read from every n-th reply, so that its parsing stays a small part of a request's cost. */
const timingStride = 4;

/** Sends departures over the transport, judges what comes back, and counts both. */
export class Sender {
  /** Sent and answered well so far, by purpose. */
  readonly totals: Partial<Record<Purpose, { -readonly [Field in keyof PurposeTotals]: number }>> = {};
  readonly #options: SenderOptions;
  readonly #client: HttpClient;
  readonly #samples: SampleBook;
  readonly #wantsReply: readonly boolean[];
  #count = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#samples = new SampleBook(options.sample);
    this.#wantsReply = options.operations.map((operation) => operation.checks !== undefined || operation.created !== undefined);
    this.#client = new HttpClient({
      ...endpointOf(options.target),
      maxConnections: options.maxConnections,
      policy: options.connections.policy,
      now: options.nowUs,
      settled: (exchange) => this.#settle(exchange as Flight),
    });
  }

  get inFlight(): number {
    return this.#client.inFlight + this.#client.waiting;
  }

  get connections(): number {
    return this.#client.open;
  }

  nowUs(): number {
    return this.#options.nowUs();
  }

  send(departure: Departure): void {
    const flight = new Flight(departure);
    const wantsReply = this.#wantsReply[departure.operation] === true;
    flight.keepBody = wantsReply;
    flight.keepHead = wantsReply || this.#count++ % timingStride === 0;
    this.#client.dispatch(flight);
  }

  /** Gives up what is overdue. */
  expire(nowUs: number): void {
    this.#client.expire(nowUs);
  }

  /** Gives up everything under way. */
  abortAll(): void {
    this.#client.abortAll();
  }

  /** Emits the slowest requests of the step that ended. */
  endStep(): void {
    this.#samples.endStep();
  }

  #settle(flight: Flight): void {
    const operation = this.#options.operations[flight.operation];
    if (operation === undefined) throw new RangeError(`no operation ${flight.operation}`);
    const judged = judge(operation, flight, () => replyOf(flight));
    flight.outcome = judged.outcome;
    flight.errorKey = judged.errorKey;
    flight.journal = judged.journal;
    flight.createdId = judged.createdId;
    this.#tally(flight);
    this.#keepSample(flight);
    this.#options.settled(flight);
  }

  #tally(flight: Flight): void {
    const { seconds } = this.#options;
    const totals = (this.totals[flight.purpose] ??= { sent: 0, ok: 0 });
    if (flight.wasSent) totals.sent += 1;
    if (flight.outcome === "ok") totals.ok += 1;
    if (flight.purpose === "prepare") return;
    if (flight.wasSent) seconds.counts.sent += 1;
    seconds.counts[flight.outcome] += 1;
    if (flight.errorKey !== null) seconds.error(flight.errorKey);
    if (flight.responseUs === undefined) return;
    seconds.answered(flight.responseUs, flight.status);
    const timing = flight.head === "" ? undefined : headerOf(flight.head, "server-timing");
    if (timing !== undefined)
      readServerTiming(timing, (entry, durationUs) => seconds.serverTiming(flight.operation, entry, durationUs));
  }

  #keepSample(flight: Flight): void {
    if (flight.purpose === "warmup") return;
    if (flight.errorKey !== null) {
      if (this.#samples.wantsError(flight.errorKey)) this.#samples.error(flight.errorKey, this.#sampleOf(flight, "error"));
    } else if (this.#samples.wantsSlow(flight.responseUs ?? 0)) {
      this.#samples.slow(this.#sampleOf(flight, "slow"));
    }
  }

  #sampleOf(flight: Flight, why: RequestSample["why"]): RequestSample {
    return {
      t: Math.round(flight.doneUs),
      why,
      key: flight.errorKey,
      step: flight.step,
      operation: this.#options.operationNames[flight.operation] ?? "?",
      request: redact(`${flight.built.method} ${flight.built.path}`),
      status: flight.status === 0 ? null : flight.status,
      responseUs: flight.responseUs === undefined ? null : Math.round(flight.responseUs),
      traceId: flight.built.traceId,
      reply: redact((flight.body?.toString("utf8") ?? "").slice(0, 2 * replyCharactersMax)).slice(0, replyCharactersMax),
    };
  }
}

/** The reply for checks. Its JSON is parsed when it is asked for. */
export function replyOf(flight: Pick<Flight, "status" | "head" | "body">): Reply {
  const body = flight.body?.toString("utf8") ?? "";
  return {
    status: flight.status,
    headers: headersOf(flight.head),
    body,
    get json() {
      return JSON.parse(body) as unknown;
    },
  };
}
