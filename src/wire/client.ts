import { Fault } from "../model/fault.ts";
import { ConnectGate } from "./connect-gate.ts";
import { Connection, type ConnectionHost } from "./connection.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import type { Exchange, WireError } from "./exchange.ts";

/** Read at once from one socket. Larger replies come in several reads. */
const readBufferBytes = 65_536;

export interface HttpClientOptions<Carried extends Exchange = Exchange> {
  /** An IP address spares a name lookup for each connection. */
  readonly host: string;
  readonly port: number;
  /** Most connections at once, those being opened included. */
  readonly maxConnections: number;
  /** `keep-alive` reuses connections; `fresh` opens one for every exchange. */
  readonly policy: "keep-alive" | "fresh";
  /** Longest head of a reply; default 64 KiB, four times Node's own limit. */
  readonly maxHeadBytes?: number;
  /** Longest body of a reply; default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Microseconds on a monotonic clock, above 0. */
  readonly now: () => number;
  /**
   * Called exactly once for each dispatched exchange, never within `dispatch`, when the client is done with it. It may dispatch
   * (the same one again, too), but not call `expire`, `abortAll` or `close`.
   */
  readonly settled: (exchange: Carried) => void;
}

/**
 * Sends exchanges to one server over HTTP/1.1, one at a time on each connection. What cannot be sent at once waits, and goes to
 * whichever connection is first: one that gets free or one being opened. Deadlines are the caller's to drive: see `expire`.
 */
export class HttpClient<Carried extends Exchange = Exchange> {
  readonly #options: HttpClientOptions<Carried>;
  readonly #host: ConnectionHost<Carried>;
  readonly #gate = new ConnectGate();
  readonly #waiting = new DeadlineQueue<Carried>();
  readonly #connecting = new DeadlineQueue<Connection<Carried>>();
  readonly #busy = new DeadlineQueue<Connection<Carried>>();
  /** By when they must not be used any more; the last one is the one used last, which keeps the number of warm ones small. */
  readonly #idle = new DeadlineQueue<Connection<Carried>>();
  #isClosed = false;

  /** Throws Fault `usage` where `port` or `maxConnections` is out of range. */
  constructor(options: HttpClientOptions<Carried>) {
    assertWithin("port", options.port, 65_535);
    assertWithin("maxConnections", options.maxConnections, Number.MAX_SAFE_INTEGER);
    this.#options = options;
    this.#host = {
      endpoint: { host: options.host, port: options.port },
      limits: { maxHeadBytes: options.maxHeadBytes ?? 65_536, maxBodyBytes: options.maxBodyBytes ?? 16_777_216 },
      buffer: Buffer.allocUnsafeSlow(readBufferBytes),
      now: options.now,
      opened: (connection) => this.#opened(connection),
      replied: (connection, nowUs) => this.#replied(connection, nowUs),
      lost: (connection, code) => this.#lost(connection, code),
    };
  }

  /** Exchanges on the wire. */
  get inFlight(): number {
    return this.#busy.length;
  }

  /** Exchanges dispatched and not sent. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Connections established, busy or idle. */
  get open(): number {
    return this.#busy.length + this.#idle.length;
  }

  /** Connections being opened. */
  get connecting(): number {
    return this.#connecting.length;
  }

  /** Sends an exchange as soon as a connection is there for it. Its earlier outcome, if any, is forgotten. */
  dispatch(exchange: Carried): void {
    exchange.renew();
    if (this.#isClosed) {
      setImmediate(() => this.#settle(exchange, "aborted", this.#options.now()));
      return;
    }
    const connection = this.#takeIdle(exchange.dispatchedUs);
    if (connection !== null) {
      this.#send(connection, exchange);
      return;
    }
    this.#waiting.add(exchange);
    this.#connectMore(exchange.dispatchedUs);
  }

  /**
   * Settles every exchange whose deadline has passed, closes what has been idle or connecting for too long, and retries connects
   * that were held back. To be called each millisecond; it costs nothing while nothing is due.
   */
  expire(nowUs: number): void {
    this.#expireWaiting(nowUs);
    for (let left = this.#busy.length; left > 0; left--) {
      const connection = this.#busy.first;
      if (connection === null || connection.deadlineUs > nowUs) break;
      this.#giveUp(connection, nowUs, connection.exchange?.firstByteUs === 0 ? "timeout:sent" : "timeout:reading");
    }
    dropOverdue(this.#connecting, nowUs);
    dropOverdue(this.#idle, nowUs);
    this.#connectMore(nowUs);
  }

  /** Settles everything with `aborted`. */
  abortAll(): void {
    const nowUs = this.#options.now();
    const busy = this.#busy.length;
    this.#failWaiting(this.#waiting.length, "aborted", nowUs);
    for (let left = busy; left > 0 && this.#busy.first !== null; left--) this.#giveUp(this.#busy.first, nowUs, "aborted");
  }

  /** Aborts everything and closes all connections. What is dispatched later is settled with `aborted`, too. */
  close(): void {
    this.#isClosed = true;
    this.abortAll();
    dropOverdue(this.#connecting, Number.POSITIVE_INFINITY);
    dropOverdue(this.#idle, Number.POSITIVE_INFINITY);
  }

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
      this.#connecting.length + this.open < this.#options.maxConnections &&
      this.#gate.isOpen(nowUs, this.#connecting.length)
    ) {
      // A connect is of no more use once everything that waits now has been given up.
      new Connection(this.#host).enter(this.#connecting, this.#waiting.last?.deadlineUs ?? nowUs);
    }
  }

  #opened(connection: Connection<Carried>): void {
    if (connection.queue !== this.#connecting) return;
    const nowUs = this.#options.now();
    this.#gate.succeeded();
    this.#free(connection, nowUs);
    this.#connectMore(nowUs);
  }

  #free(connection: Connection<Carried>, nowUs: number): void {
    const next = this.#waiting.shift();
    if (next === null) connection.enter(this.#idle, nowUs + connection.idleLimitUs);
    else this.#send(connection, next);
  }

  /** The next request goes out before the last one is accounted for, and `settled` finds everything in order. */
  #replied(connection: Connection<Carried>, nowUs: number): void {
    const { exchange } = connection;
    if (exchange === null) return;
    connection.release(exchange, null, nowUs);
    if (this.#options.policy === "keep-alive" && connection.isReusable) this.#free(connection, nowUs);
    else {
      connection.drop();
      this.#connectMore(nowUs);
    }
    this.#options.settled(exchange);
  }

  #lost(connection: Connection<Carried>, code: string): void {
    const { queue, exchange } = connection;
    const nowUs = this.#options.now();
    if (queue === this.#connecting) this.#connectFailed(connection, code, nowUs);
    else if (exchange !== null) this.#giveUp(connection, nowUs, connection.brokenBy(exchange, code));
    else connection.drop();
  }

  /** One failed connect fails one exchange; the last one of a server that takes none fails all that waited for it. */
  #connectFailed(connection: Connection<Carried>, code: string, nowUs: number): void {
    connection.drop();
    this.#gate.failed(code, nowUs);
    this.#failWaiting(this.#isCutOff && this.#connecting.length === 0 ? this.#waiting.length : 1, `connect:${code}`, nowUs);
    this.#connectMore(nowUs);
  }

  /** Whether no connection is open and the attempts to open one keep failing. */
  get #isCutOff(): boolean {
    return this.#gate.shutBy !== null && this.open === 0;
  }

  /** As many overdue exchanges as there are connects under way count as waiting for one; the others never had one. */
  #expireWaiting(nowUs: number): void {
    let connects = this.#connecting.length;
    const without: WireError = this.#isCutOff ? `connect:${this.#gate.shutBy}` : "unsent";
    for (let left = this.#waiting.length; left > 0; left--) {
      const exchange = this.#waiting.shiftOverdue(nowUs);
      if (exchange === null) break;
      this.#settle(exchange, connects > 0 ? "timeout:connect" : without, nowUs);
      connects -= 1;
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

function assertWithin(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new Fault("usage", `${name} cannot be used`, { received: String(value), expected: `a whole number from 1 to ${most}` });
}
