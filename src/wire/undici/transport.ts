import { ByteMeter } from "../byte-meter.ts";
import { DeadlineQueue } from "../deadline-queue.ts";
import type { Exchange, WireError } from "../exchange.ts";
import type { ConnectPhases, Transport, TransportOptions } from "../transport.ts";
import { WaitingLine } from "../waiting-line.ts";
import { loadUndici } from "./client.ts";
import type { UndiciConnection, UndiciHost } from "./connection.ts";
import { ConnectionPool } from "./pool.ts";
import type { ReplyHandler } from "./reply-handler.ts";
import { routeFor } from "./route.ts";

/**
 * Sends exchanges through undici: over HTTP/2, many at once on each connection, and through proxies. What waits, waits here, in the
 * same order and with the same deadlines as over our own HTTP/1.1; undici only gets what it sends at once.
 */
export class UndiciTransport<Carried extends Exchange = Exchange> implements Transport<Carried> {
  readonly #options: TransportOptions<Carried>;
  readonly #pool: ConnectionPool<Carried>;
  readonly #bytes = new ByteMeter();
  readonly #waiting = new WaitingLine<Carried>();
  readonly #busy = new DeadlineQueue<ReplyHandler<Carried>>();
  #isClosed = false;
  /** What is on the wire and was due by then is given up after this turn of the loop; 0: nothing is. */
  #overdueUs = 0;

  /** Throws Fault `usage` where `origin` or the proxy cannot be used, or a file of `network.tls`. */
  constructor(options: TransportOptions<Carried>) {
    this.#options = options;
    const host: UndiciHost<Carried> = {
      undici: loadUndici(),
      route: routeFor(options.origin, options.network),
      limits: { maxHeadBytes: options.maxHeadBytes ?? 65_536, maxBodyBytes: options.maxBodyBytes ?? 16_777_216 },
      bytes: this.#bytes,
      now: options.now,
      opened: (connection, phases) => this.#opened(connection, phases),
      drained: (connection) => this.#drained(connection),
      ended: (handler, error) => this.#ended(handler, error),
      returned: (handler) => this.#returned(handler),
      lost: (connection, code) => this.#lost(connection, code),
    };
    this.#pool = new ConnectionPool(host, options.maxConnections);
  }

  get inFlight(): number {
    return this.#busy.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get open(): number {
    return this.#pool.open;
  }

  get connecting(): number {
    return this.#pool.connecting.length;
  }

  get bytes(): number {
    return this.#bytes.total;
  }

  dispatch(exchange: Carried): void {
    exchange.renew();
    if (this.#isClosed) {
      setImmediate(() => this.#settle(exchange, "aborted"));
      return;
    }
    this.#waiting.add(exchange);
    this.#serve(exchange.dispatchedUs);
  }

  /** As with our own HTTP/1.1: what waits is settled at once, what is on the wire gets the rest of this turn of the loop. */
  expire(nowUs: number): void {
    this.#expireWaiting(nowUs);
    this.#pool.expire(nowUs);
    this.#serve(nowUs);
    const { first } = this.#busy;
    if (first === null || first.deadlineUs > nowUs || this.#overdueUs !== 0) return;
    this.#overdueUs = nowUs;
    setImmediate(this.#giveUpOverdue);
  }

  abortAll(): void {
    const busy = this.#busy.length;
    this.#failWaiting(this.#waiting.length, "aborted");
    for (let left = busy; left > 0 && this.#busy.first !== null; left--) this.#giveUp(this.#busy.first, "aborted");
  }

  close(): void {
    this.#isClosed = true;
    this.abortAll();
    this.#pool.close();
  }

  readonly #giveUpOverdue = (): void => {
    for (let left = this.#busy.length; left > 0; left--) {
      const handler = this.#busy.first;
      if (handler === null || handler.deadlineUs > this.#overdueUs) break;
      const { exchange, connection } = handler;
      // A server that has not said anything since may be gone: whatever comes next is better off on another connection.
      if (connection.heardUs < exchange.sentUs) this.#pool.retire(connection);
      this.#giveUp(handler, exchange.sentUs === 0 ? "unsent" : exchange.firstByteUs === 0 ? "timeout:sent" : "timeout:reading");
    }
    this.#overdueUs = 0;
  };

  /** Sends what waits as far as there are connections for it, and opens more for the rest. */
  #serve(nowUs: number): void {
    while (this.#sendNext());
    this.#pool.openFor(this.#waiting, nowUs);
  }

  #sendNext(): boolean {
    const { accepting, spare } = this.#pool;
    const used = accepting === null ? null : this.#waiting.shiftUsed();
    if (accepting !== null && used !== null) {
      this.#send(accepting, used);
      return true;
    }
    const next = spare === null ? null : this.#waiting.shift();
    if (spare === null || next === null) return false;
    this.#pool.begin(spare, next.fresh);
    this.#send(spare, next);
    return true;
  }

  #send(connection: UndiciConnection<Carried>, exchange: Carried): void {
    this.#busy.add(connection.send(exchange));
    this.#pool.list(connection);
  }

  #opened(connection: UndiciConnection<Carried>, phases: ConnectPhases): void {
    if (connection.queue !== this.#pool.connecting) return;
    const nowUs = this.#options.now();
    this.#pool.opened(connection, nowUs);
    this.#options.connected?.(phases);
    this.#serve(nowUs);
  }

  #drained(connection: UndiciConnection<Carried>): void {
    this.#pool.list(connection);
    this.#serve(this.#options.now());
  }

  #ended(handler: ReplyHandler<Carried>, error: WireError | null): void {
    const { exchange, connection } = handler;
    this.#busy.remove(handler);
    if (error !== null) {
      exchange.head = "";
      exchange.body = null;
    }
    if (connection.handlers.size === 0 && this.#isInTheWay) this.#pool.retire(connection);
    else this.#pool.rest(connection);
    this.#settle(exchange, error);
  }

  /** Whether a connection that gets idle stands where the next in line needs a new one, the cap leaving no room for it. */
  get #isInTheWay(): boolean {
    const { connecting, gate } = this.#pool;
    return this.#waiting.isFreshNext && connecting.length < this.#waiting.fresh && gate.shutBy === null;
  }

  #returned(handler: ReplyHandler<Carried>): void {
    this.#busy.remove(handler);
    handler.exchange.sentUs = 0;
    this.#waiting.add(handler.exchange);
  }

  #lost(connection: UndiciConnection<Carried>, code: string): void {
    const nowUs = this.#options.now();
    if (connection.queue === this.#pool.connecting) this.#connectFailed(connection, code, nowUs);
    else this.#pool.retire(connection);
    this.#serve(nowUs);
  }

  /** A failed connect fails as many as it would have carried; the last one of a server that takes none fails all that waited for it. */
  #connectFailed(connection: UndiciConnection<Carried>, code: string, nowUs: number): void {
    const error: WireError = `${connection.openingPhase}:${code}`;
    const { gate, connecting, capacity } = this.#pool;
    connection.drop();
    gate.failed(error, nowUs);
    const isLast = this.#pool.isCutOff && connecting.length === 0;
    this.#failWaiting(isLast ? this.#waiting.length : this.#waiting.isFreshNext ? 1 : capacity, error);
  }

  /** As many overdue exchanges as the connects under way would carry count as waiting for one; the others never had one. */
  #expireWaiting(nowUs: number): void {
    const { comingRoom, connecting, isCutOff, gate } = this.#pool;
    const phase = connecting.first?.openingPhase ?? "connect";
    const without: WireError = (isCutOff ? gate.shutBy : null) ?? "unsent";
    for (let left = this.#waiting.length, room = comingRoom; left > 0; left--, room--) {
      const exchange = this.#waiting.shiftOverdue(nowUs);
      if (exchange === null) break;
      this.#settle(exchange, room > 0 ? `timeout:${phase}` : without);
    }
  }

  #failWaiting(count: number, error: WireError): void {
    for (let left = count; left > 0; left--) {
      const exchange = this.#waiting.shift();
      if (exchange === null) break;
      this.#settle(exchange, error);
    }
  }

  /** Settles what is on the wire. Over HTTP/1.1 its connection is closed with it, since the reply may still come. */
  #giveUp(handler: ReplyHandler<Carried>, error: WireError): void {
    const { connection } = handler;
    if (this.#pool.capacity === 1) this.#pool.retire(connection);
    connection.ended(handler, error);
    handler.cancel();
  }

  #settle(exchange: Carried, error: WireError | null): void {
    exchange.error = error;
    exchange.doneUs = this.#options.now();
    try {
      this.#options.settled(exchange);
    } catch (thrown) {
      // undici, which may have called us, would swallow it.
      setImmediate(() => {
        throw thrown;
      });
    }
  }
}
