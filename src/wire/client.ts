import { Fault } from "../model/fault.ts";
import { ByteMeter } from "./byte-meter.ts";
import { ConnectGate } from "./connect-gate.ts";
import { Connection, type ConnectionHost } from "./connection.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { endpointFor } from "./endpoint.ts";
import type { Exchange, WireError } from "./exchange.ts";
import { TlsSetup } from "./tls-setup.ts";
import type { ConnectPhases, Transport, TransportOptions } from "./transport.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Read at once from one socket. Larger replies come in several reads. */
const readBufferBytes = 65_536;

/**
 * Sends exchanges to one server over HTTP/1.1, one at a time on each connection. What cannot be sent at once waits, and goes to
 * whichever connection is first: one that gets free or one being opened. A fresh exchange waits for one being opened, whoever
 * asked for it; where the cap leaves no room for that, an idle connection makes way, or the next one that gets free.
 */
export class HttpClient<Carried extends Exchange = Exchange> implements Transport<Carried> {
  readonly #options: TransportOptions<Carried>;
  readonly #host: ConnectionHost<Carried>;
  readonly #gate = new ConnectGate();
  readonly #waiting = new WaitingLine<Carried>();
  readonly #connecting = new DeadlineQueue<Connection<Carried>>();
  readonly #busy = new DeadlineQueue<Connection<Carried>>();
  /** By when they must not be used any more; the last one is the one used last, which keeps the number of warm ones small. */
  readonly #idle = new DeadlineQueue<Connection<Carried>>();
  #isClosed = false;
  /** What is on the wire and was due by then is given up after this turn of the loop; 0: nothing is. */
  #overdueUs = 0;

  /** Throws Fault `usage` where `origin` or `maxConnections` cannot be used, or a file of `network.tls`. */
  constructor(options: TransportOptions<Carried>) {
    assertCount(options.maxConnections);
    this.#options = options;
    const endpoint = endpointFor(options.origin, options.network);
    this.#host = {
      endpoint,
      tls: endpoint.isTls ? new TlsSetup(options.network.tls, endpoint.identity) : null,
      limits: { maxHeadBytes: options.maxHeadBytes ?? 65_536, maxBodyBytes: options.maxBodyBytes ?? 16_777_216 },
      buffer: Buffer.allocUnsafeSlow(readBufferBytes),
      bytes: new ByteMeter(),
      now: options.now,
      opened: (connection, phases) => this.#opened(connection, phases),
      replied: (connection, nowUs) => this.#replied(connection, nowUs),
      lost: (connection, code) => this.#lost(connection, code),
    };
  }

  get inFlight(): number {
    return this.#busy.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get open(): number {
    return this.#busy.length + this.#idle.length;
  }

  get connecting(): number {
    return this.#connecting.length;
  }

  get bytes(): number {
    return this.#host.bytes.total;
  }

  dispatch(exchange: Carried): void {
    exchange.renew();
    if (this.#isClosed) {
      setImmediate(() => this.#settle(exchange, "aborted", this.#options.now()));
      return;
    }
    const connection = exchange.fresh ? null : this.#takeIdle(exchange.dispatchedUs);
    if (connection !== null) {
      this.#send(connection, exchange);
      return;
    }
    this.#waiting.add(exchange);
    this.#connectMore(exchange.dispatchedUs);
  }

  /**
   * Settles every exchange whose deadline has passed, closes what has been idle or connecting for too long, and retries connects
   * that were held back. What waits to be sent is settled at once. What is on the wire gets the rest of this turn of the loop: had
   * the loop been blocked, its reply may lie in the socket's buffer, not yet read, since timers come before reads in a turn.
   */
  expire(nowUs: number): void {
    this.#expireWaiting(nowUs);
    dropOverdue(this.#connecting, nowUs);
    dropOverdue(this.#idle, nowUs);
    this.#connectMore(nowUs);
    const { first } = this.#busy;
    if (first === null || first.deadlineUs > nowUs || this.#overdueUs !== 0) return;
    this.#overdueUs = nowUs;
    setImmediate(this.#giveUpOverdue);
  }

  abortAll(): void {
    const nowUs = this.#options.now();
    const busy = this.#busy.length;
    this.#failWaiting(this.#waiting.length, "aborted", nowUs);
    for (let left = busy; left > 0 && this.#busy.first !== null; left--) this.#giveUp(this.#busy.first, nowUs, "aborted");
  }

  close(): void {
    this.#isClosed = true;
    this.abortAll();
    dropOverdue(this.#connecting, Number.POSITIVE_INFINITY);
    dropOverdue(this.#idle, Number.POSITIVE_INFINITY);
  }

  readonly #giveUpOverdue = (): void => {
    const nowUs = this.#options.now();
    for (let left = this.#busy.length; left > 0; left--) {
      const connection = this.#busy.first;
      if (connection === null || connection.deadlineUs > this.#overdueUs) break;
      this.#giveUp(connection, nowUs, connection.exchange?.firstByteUs === 0 ? "timeout:sent" : "timeout:reading");
    }
    this.#overdueUs = 0;
  };

  #send(connection: Connection<Carried>, exchange: Carried): void {
    connection.enter(this.#busy, exchange.deadlineUs);
    connection.send(exchange);
  }

  /** The idle connection used last, unless it has been idle for too long: then all others have, too. */
  #takeIdle(nowUs: number): Connection<Carried> | null {
    const connection = this.#idle.last;
    if (connection === null || connection.deadlineUs > nowUs) return connection;
    dropOverdue(this.#idle, nowUs);
    return null;
  }

  /** Opens connections until each waiting exchange has one under way, as far as the cap and the gate allow. */
  #connectMore(nowUs: number): void {
    while (
      this.#connecting.length < this.#waiting.length &&
      this.#gate.isOpen(nowUs, this.#connecting.length) &&
      this.#makesRoom()
    ) {
      // A connect is of no more use once everything that waits now has been given up.
      new Connection(this.#host).enter(this.#connecting, this.#waiting.lastDeadlineUs);
    }
  }

  /** Whether the cap leaves room for one more connection. Only fresh exchanges wait beside an idle one, which makes way for them. */
  #makesRoom(): boolean {
    if (this.#connecting.length + this.open < this.#options.maxConnections) return true;
    const { first } = this.#idle;
    first?.drop();
    return first !== null;
  }

  #opened(connection: Connection<Carried>, phases: ConnectPhases): void {
    if (connection.queue !== this.#connecting) return;
    const nowUs = this.#options.now();
    this.#gate.succeeded();
    this.#options.connected?.(phases);
    this.#take(connection, this.#waiting.shift(), nowUs);
    this.#connectMore(nowUs);
  }

  #take(connection: Connection<Carried>, next: Carried | null, nowUs: number): void {
    if (next === null) connection.enter(this.#idle, nowUs + connection.idleLimitUs);
    else this.#send(connection, next);
  }

  /** The next request goes out before the last one is accounted for, and `settled` finds everything in order. */
  #replied(connection: Connection<Carried>, nowUs: number): void {
    const { exchange } = connection;
    if (exchange === null) return;
    connection.release(exchange, null, nowUs);
    if (!exchange.fresh && connection.isReusableAfter(exchange) && !this.#isInTheWay) {
      this.#take(connection, this.#waiting.shiftUsed(), nowUs);
    } else {
      connection.drop();
      this.#connectMore(nowUs);
    }
    this.#options.settled(exchange);
  }

  /** Whether a connection that gets free stands where the next in line needs a new one, the cap leaving no room for it. */
  get #isInTheWay(): boolean {
    return this.#waiting.isFreshNext && this.#connecting.length < this.#waiting.fresh && this.#gate.shutBy === null;
  }

  #lost(connection: Connection<Carried>, code: string): void {
    const { queue, exchange } = connection;
    const nowUs = this.#options.now();
    if (queue === this.#connecting) this.#connectFailed(connection, code, nowUs);
    else if (exchange !== null) this.#giveUp(connection, nowUs, connection.brokenBy(exchange, code, nowUs));
    else connection.drop();
  }

  /** One failed connect fails one exchange; the last one of a server that takes none fails all that waited for it. */
  #connectFailed(connection: Connection<Carried>, code: string, nowUs: number): void {
    const error: WireError = `${connection.openingPhase}:${code}`;
    connection.drop();
    this.#gate.failed(error, nowUs);
    this.#failWaiting(this.#isCutOff && this.#connecting.length === 0 ? this.#waiting.length : 1, error, nowUs);
    this.#connectMore(nowUs);
  }

  /** Whether no connection is open and the attempts to open one keep failing. */
  get #isCutOff(): boolean {
    return this.#gate.shutBy !== null && this.open === 0;
  }

  /** As many overdue exchanges as there are connects under way count as waiting for one; the others never had one. */
  #expireWaiting(nowUs: number): void {
    let connects = this.#connecting.length;
    let connect = this.#connecting.first;
    const without: WireError = (this.#isCutOff ? this.#gate.shutBy : null) ?? "unsent";
    for (let left = this.#waiting.length; left > 0; left--) {
      const exchange = this.#waiting.shiftOverdue(nowUs);
      if (exchange === null) break;
      this.#settle(exchange, connects > 0 && connect !== null ? `timeout:${connect.openingPhase}` : without, nowUs);
      connects -= 1;
      connect = connect?.after ?? null;
    }
  }

  #failWaiting(count: number, error: WireError, nowUs: number): void {
    for (let left = count; left > 0; left--) {
      const exchange = this.#waiting.shift();
      if (exchange === null) break;
      this.#settle(exchange, error, nowUs);
    }
  }

  /** Settles what a busy connection carries and closes it, since the reply may still come. */
  #giveUp(connection: Connection<Carried>, nowUs: number, error: WireError): void {
    const { exchange } = connection;
    if (exchange === null) return;
    connection.release(exchange, error, nowUs);
    connection.drop();
    this.#connectMore(nowUs);
    this.#options.settled(exchange);
  }

  #settle(exchange: Carried, error: WireError, nowUs: number): void {
    exchange.error = error;
    exchange.doneUs = nowUs;
    this.#options.settled(exchange);
  }
}

function dropOverdue<Carried extends Exchange>(queue: DeadlineQueue<Connection<Carried>>, nowUs: number): void {
  while (queue.first !== null && queue.first.deadlineUs <= nowUs) queue.first.drop();
}

function assertCount(maxConnections: number): void {
  if (Number.isSafeInteger(maxConnections) && maxConnections >= 1) return;
  throw new Fault("usage", "maxConnections cannot be used", {
    received: String(maxConnections),
    expected: "a whole number from 1",
  });
}
