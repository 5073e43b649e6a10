import type { Socket } from "node:net";
import { errnoOf } from "../model/fault.ts";
import type { ByteMeter } from "./byte-meter.ts";
import type { DeadlineQueue, Waiter } from "./deadline-queue.ts";
import { openSocket, type Endpoint } from "./endpoint.ts";
import type { Exchange, WireError } from "./exchange.ts";
import { wasClosedIdle } from "./idle-race.ts";
import { Opening } from "./opening.ts";
import { ResponseParser, type ReplyLimits } from "./parser.ts";
import type { TlsSetup } from "./tls-setup.ts";
import type { ConnectPhases } from "./transport.ts";

/** How long an idle connection is reused where the server does not say: below the 5 s of Apache and of Node before 24. */
const defaultIdleUs = 4_000_000;
/** Taken off what the server says, so that it does not close just as we send: a round trip and a busy loop fit in. A guess. */
const idleMarginUs = 500_000;
/** Longest reuse of an idle connection whatever the server says. */
const longestIdleUs = 600_000_000;
/** A request of up to this many characters is taken whole by the socket's empty buffer: Linux grants at least as much (`tcp_wmem`). */
const leavesAtOnce = 16_384;

/** What all connections of a client have in common, and whom they tell. */
export interface ConnectionHost<Carried extends Exchange> {
  readonly endpoint: Endpoint;
  /** Null for `http`. */
  readonly tls: TlsSetup | null;
  readonly limits: ReplyLimits;
  /** Where every read lands: taken in before the next one, so one is enough for all. */
  readonly buffer: Buffer;
  readonly bytes: ByteMeter;
  readonly now: () => number;
  /** Ready for its first exchange; with TLS, once that is up. */
  opened(connection: Connection<Carried>, phases: ConnectPhases): void;
  /** The reply to its exchange is complete or refused. */
  replied(connection: Connection<Carried>, nowUs: number): void;
  /** It cannot be used any more. May come several times, and after we dropped it ourselves. */
  lost(connection: Connection<Carried>, code: string): void;
}

/** One socket and the exchange on it. It is in one queue of its client, which says what it does: connecting, busy or idle. */
export class Connection<Carried extends Exchange> implements Waiter {
  deadlineUs = 0;
  before: this | null = null;
  after: this | null = null;
  /** Null once it was dropped. */
  queue: DeadlineQueue<Connection<Carried>> | null = null;
  /** The exchange it carries, while busy. */
  exchange: Carried | null = null;

  readonly #host: ConnectionHost<Carried>;
  readonly #parser: ResponseParser;
  readonly #socket: Socket;
  /** Null once it is open. */
  #opening: Opening | null;
  #sent = 0;

  constructor(host: ConnectionHost<Carried>) {
    this.#host = host;
    this.#parser = new ResponseParser(host.limits);
    this.#opening = new Opening(host.now());
    this.#socket = openSocket(host.endpoint, host.tls, host.buffer, (length) => this.#read(length));
    host.bytes.add(this.#socket);
    this.#socket.on("lookup", () => this.#opening?.found(host.now()));
    this.#socket.on("connect", () => this.#connected());
    if (host.tls !== null) this.#awaitTls(host.tls);
    this.#socket.on("end", () => this.#end());
    this.#socket.on("error", (thrown) => host.lost(this, errnoOf(thrown) ?? "UNKNOWN"));
    this.#socket.on("close", () => host.lost(this, "EOF"));
  }

  /** Writes a request. The clock is read first: on loopback the kernel runs the server's side within this call. */
  send(exchange: Carried): void {
    this.exchange = exchange;
    this.#sent += 1;
    this.#parser.begin(exchange);
    exchange.sentUs = this.#host.now();
    this.#socket.write(exchange.request, exchange.encoding);
  }

  /** Hands back the exchange with all that came for it. */
  release(exchange: Carried, error: WireError | null, nowUs: number): void {
    const parser = this.#parser;
    this.exchange = null;
    exchange.doneUs = nowUs;
    exchange.status = parser.status;
    exchange.bodyBytes = parser.bodyBytes;
    exchange.error = error ?? parser.error;
    if (exchange.error !== null) return;
    exchange.head = parser.head;
    exchange.body = parser.body;
  }

  /**
   * Whether another request may follow the reply to this exchange. Not if that came before the request had left us entirely. TLS tells
   * so up to a turn of the loop late, even of what the kernel took at once; there it is only asked after large requests.
   */
  isReusableAfter(exchange: Carried): boolean {
    if (!this.#parser.keepAlive) return false;
    return this.#socket.writableLength === 0 || (this.#host.tls !== null && exchange.request.length <= leavesAtOnce);
  }

  /** How long it may be idle and still be used. */
  get idleLimitUs(): number {
    const saidUs = this.#parser.keepAliveUs;
    return saidUs === -1 ? defaultIdleUs : Math.min(saidUs - idleMarginUs, longestIdleUs);
  }

  /** What it does while it is being opened. */
  get openingPhase(): "connect" | "tls" {
    return this.#opening?.phase ?? "connect";
  }

  /** Error key of an exchange whose connection broke with this code now. */
  brokenBy(exchange: Carried, code: string, nowUs: number): WireError {
    if (exchange.firstByteUs !== 0) return `reading:${code}`;
    return this.#sent > 1 && wasClosedIdle(code, nowUs - exchange.sentUs) ? "sent:closed-idle" : `sent:${code}`;
  }

  /** Leaves its queue for another one, or for another place in it. */
  enter(queue: DeadlineQueue<Connection<Carried>>, deadlineUs: number): void {
    this.queue?.remove(this);
    this.queue = queue;
    this.deadlineUs = deadlineUs;
    queue.add(this);
  }

  /** Leaves its queue and closes. Whatever it carries must have been released. */
  drop(): void {
    this.queue?.remove(this);
    this.queue = null;
    this.#socket.destroy();
  }

  #connected(): void {
    this.#opening?.connected(this.#host.now());
    if (this.#host.tls === null) this.#opened();
  }

  #awaitTls(tls: TlsSetup): void {
    this.#socket.on("secureConnect", () => {
      this.#opening?.secured(this.#host.now());
      this.#opened();
    });
    this.#socket.on("session", (session: Buffer) => {
      tls.session = session;
    });
  }

  #opened(): void {
    const phases = this.#opening;
    this.#opening = null;
    if (phases !== null) this.#host.opened(this, phases);
  }

  #read(length: number): true {
    const { exchange } = this;
    if (exchange === null) {
      this.#host.lost(this, "UNSOLICITED");
      return true;
    }
    const nowUs = this.#host.now();
    if (exchange.firstByteUs === 0) exchange.firstByteUs = nowUs;
    if (this.#parser.feed(this.#host.buffer, 0, length)) this.#host.replied(this, nowUs);
    return true;
  }

  /** The server closed its side: the end of a reply that says so, a broken one otherwise. */
  #end(): void {
    if (this.exchange !== null && this.#parser.end()) this.#host.replied(this, this.#host.now());
    else this.#host.lost(this, "EOF");
  }
}
