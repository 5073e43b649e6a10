import autocannon from "autocannon";
import { monotonicUs } from "../measure/clock.ts";
import { errnoOf } from "../model/fault.ts";
import { judge } from "../load/outcome.ts";
import type { Operation } from "../model/scenario.ts";
import type { CannonInput, Measured, PlainRequest, Sent, Window } from "./messages.ts";
import { WindowMeter } from "./window-meter.ts";

/** Requests that one connection takes in turn, and how far on the next connection begins: together they go through several hundred. */
const requestsEach = 64;
const requestsApart = 8;
/** Unanswered for longer than this, a request is given up and its connection opened anew, seconds: no step is that long. */
const timeoutSec = 10;
/** Losses in a row, without a reply in between, after which a connection is given up: autocannon reconnects at once, without end. */
const lossesMost = 20;
/** Longer than any sweep, seconds. */
const foreverSec = 86_400;

/** A connection and the request that it has under way. */
interface Line {
  readonly client: autocannon.Client;
  /** When it was written; null: none is under way. */
  sinceUs: number | null;
  /** How often it was lost since its last reply, and by which error key the last time. */
  losses: number;
  lostBy: string;
  /** Before the drain: it was given up. */
  isClosed: boolean;
}

/**
 * The closed loop of one thread: connections are added and never taken away, so that no step begins with the queue that the last one
 * left. No rate is ever given: with one, autocannon's correction invents samples and its pace is a burst. Without one it corrects
 * nothing, and refuses the option that would say so (`ignoreCoordinatedOmission`). Latencies are those of its `response` events, floats.
 */
export class Cannon {
  readonly #input: CannonInput;
  /** By which replies are judged: by their status alone. */
  readonly #operation: Operation;
  /** The reply at hand. One object for all of them. */
  readonly #seen = { status: 0, error: null, wasSent: true, wasRedirected: false };
  readonly #failed: (thrown: unknown) => void;
  readonly #lines: Line[] = [];
  #meter: WindowMeter | null = null;
  #loopBefore = performance.eventLoopUtilization();
  #sent = 0;
  #answered = 0;

  /** `failed` is told when autocannon refuses to begin. */
  constructor(input: CannonInput, failed: (thrown: unknown) => void) {
    this.#input = input;
    const { expect } = input;
    this.#operation = { kind: "read", weight: 1, request: () => ({ path: "/" }), ...(expect === null ? {} : { expect }) };
    this.#failed = failed;
  }

  open(connections: number, first: number): void {
    const { url, serverName } = this.#input;
    let number = first;
    const instance = autocannon({
      url,
      connections,
      duration: foreverSec,
      timeout: timeoutSec,
      ...(serverName === null ? {} : { servername: serverName }),
      setupClient: (client) => this.#follow(client, number++),
    });
    instance.catch(this.#failed);
  }

  /** Opens a window, which may lie ahead. */
  measure(window: Window): void {
    this.#meter = new WindowMeter(window);
  }

  /** To be called at the window's start, for the loop's share. */
  started(): void {
    this.#loopBefore = performance.eventLoopUtilization();
  }

  /** Closes the window; to be called at or soon after its end. */
  measured(): Measured {
    const meter = this.#meter;
    if (meter === null) throw new Error("no window was opened");
    this.#meter = null;
    const nowUs = monotonicUs();
    for (const { sinceUs, isClosed, lostBy } of this.#lines) {
      if (sinceUs !== null) meter.underWay(sinceUs, nowUs);
      if (isClosed) meter.givenUp(lostBy);
    }
    return meter.measured(performance.eventLoopUtilization(this.#loopBefore).utilization);
  }

  /** From now on a connection that has its reply is closed instead of asking again. */
  drain(): void {
    for (const { client } of this.#lines) client.responseMax = 1;
  }

  get isDrained(): boolean {
    return this.#lines.every(({ isClosed }) => isClosed);
  }

  get sent(): Sent {
    return { sent: this.#sent, answered: this.#answered };
  }

  /** Called by autocannon before a connection sends anything, so nothing is missed. */
  #follow(client: autocannon.Client, number: number): void {
    const line: Line = { client, sinceUs: null, losses: 0, lostBy: "", isClosed: false };
    this.#lines.push(line);
    client.setRequests(requestsOf(this.#input.requests, number));
    client.on("request", () => this.#began(line));
    client.on("response", (status: number, _bytes: number, ms: number) => this.#replied(line, status, ms * 1_000));
    client.on("connError", (error: Error) => {
      line.sinceUs = null;
      this.#lost(line, `connection:${errnoOf(error) ?? error.message}`);
    });
    client.on("done", () => {
      line.isClosed = true;
      line.sinceUs = null;
    });
  }

  #began(line: Line): void {
    // Said only where the connection was closed or timed out under way: autocannon opens another and asks the next thing.
    if (line.sinceUs !== null) this.#lost(line, "connection:lost");
    line.sinceUs = monotonicUs();
    this.#sent += 1;
  }

  /** Autocannon's own brake (`bailout`) knows nothing of connections that are closed without an error. */
  #lost(line: Line, errorKey: string): void {
    this.#meter?.failed(monotonicUs(), errorKey);
    line.losses += 1;
    line.lostBy = errorKey;
    if (line.losses >= lossesMost) line.client.responseMax = 1;
  }

  #replied(line: Line, status: number, tookUs: number): void {
    line.sinceUs = null;
    line.losses = 0;
    this.#answered += 1;
    if (this.#meter === null) return;
    this.#seen.status = status;
    const { outcome, errorKey } = judge(this.#operation, this.#seen, null);
    this.#meter.replied(monotonicUs(), tookUs, outcome, errorKey);
  }
}

/** Copies, since autocannon writes into them. */
function requestsOf(all: readonly PlainRequest[], connection: number): autocannon.Request[] {
  return Array.from({ length: Math.min(requestsEach, all.length) }, (_, at) => {
    const { method, path, headers, body } = all[(connection * requestsApart + at) % all.length] ?? neverSent;
    return { method, path, headers: { ...headers }, ...(body === null ? {} : { body: Buffer.from(body) }) };
  });
}

const neverSent: PlainRequest = { method: "GET", path: "/", headers: {}, body: null };
