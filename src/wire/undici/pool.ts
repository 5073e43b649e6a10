import { ConnectGate } from "../connect-gate.ts";
import { DeadlineQueue } from "../deadline-queue.ts";
import type { Exchange } from "../exchange.ts";
import type { WaitingLine } from "../waiting-line.ts";
import { mostStreams } from "./client.ts";
import { UndiciConnection, type UndiciHost } from "./connection.ts";

/** How long an opened connection that nobody has used yet is kept: as long as undici keeps one that was. */
const spareUs = 4_000_000;

/** The connections of a transport. HTTP/2 ones are filled before another one is opened. */
export class ConnectionPool<Carried extends Exchange> {
  readonly gate = new ConnectGate();
  readonly connecting = new DeadlineQueue<UndiciConnection<Carried>>();
  /** Most exchanges at once on one connection. */
  readonly capacity: number;
  readonly #host: UndiciHost<Carried>;
  readonly #maxConnections: number;
  /** Opened and never used. */
  readonly #spare = new DeadlineQueue<UndiciConnection<Carried>>();
  /** Used once at least, whatever they do now. */
  readonly #used = new Set<UndiciConnection<Carried>>();
  /** Those that take another exchange. The last one is taken first, which keeps the number of warm ones small. */
  readonly #accepting: UndiciConnection<Carried>[] = [];
  /**
   * Those that will accept in a moment: HTTP/2 ones whose first exchange is out and whose server has not said yet how many it allows,
   * and HTTP/1.1 ones after a reply, to which undici gives one turn of the loop in case that more comes.
   */
  readonly #soon = new Set<UndiciConnection<Carried>>();
  /** Those that undici lost or the server is closing, with exchanges still on them. */
  readonly #leaving = new Set<UndiciConnection<Carried>>();

  constructor(host: UndiciHost<Carried>, maxConnections: number) {
    this.#host = host;
    this.#maxConnections = maxConnections;
    this.capacity = host.route.isH2 ? mostStreams : 1;
  }

  /** Connections established, busy or idle. */
  get open(): number {
    return this.#used.size + this.#spare.length;
  }

  /** One that takes another exchange after earlier ones. */
  get accepting(): UndiciConnection<Carried> | null {
    return this.#accepting.at(-1) ?? null;
  }

  /** One that was never used. */
  get spare(): UndiciConnection<Carried> | null {
    return this.#spare.last;
  }

  /** Exchanges that the connections under way will take. */
  get comingRoom(): number {
    return this.connecting.length * this.capacity + this.#roomSoon;
  }

  /** Whether no connection is open and the attempts to open one keep failing. */
  get isCutOff(): boolean {
    return this.gate.shutBy !== null && this.open === 0;
  }

  /** Opens connections until each waiting exchange has room on one under way, as far as the cap and the gate allow. */
  openFor(waiting: WaitingLine<Carried>, nowUs: number): void {
    while (
      waiting.length > 0 &&
      this.connecting.length < this.#needed(waiting) &&
      this.gate.isOpen(nowUs, this.connecting.length) &&
      this.#makesRoom()
    ) {
      // A connect is of no more use once everything that waits now has been given up.
      new UndiciConnection(this.#host).enter(this.connecting, waiting.lastDeadlineUs);
    }
  }

  opened(connection: UndiciConnection<Carried>, nowUs: number): void {
    this.gate.succeeded();
    connection.enter(this.#spare, nowUs + spareUs);
  }

  /** A spare one is going to be used; `isOnce`: for one exchange. */
  begin(connection: UndiciConnection<Carried>, isOnce: boolean): void {
    connection.enter(null, 0);
    connection.isRetired = isOnce;
    this.#used.add(connection);
    if (this.#host.route.isH2 && !isOnce) this.#soon.add(connection);
  }

  /** One has ended an exchange. */
  rest(connection: UndiciConnection<Carried>): void {
    if (connection.handlers.size > 0) return;
    if (connection.isRetired) this.#drop(connection);
    else if (!connection.accepts) this.#soon.add(connection);
  }

  /** Keeps the list of those that accept: to be called whenever one may have changed its mind. */
  list(connection: UndiciConnection<Carried>): void {
    if (connection.accepts) this.#soon.delete(connection);
    const at = this.#accepting.lastIndexOf(connection);
    if (connection.accepts && at === -1) this.#accepting.push(connection);
    if (!connection.accepts && at !== -1) this.#accepting.splice(at, 1);
  }

  /** Gives a connection no more exchanges, and closes it after its last one. */
  retire(connection: UndiciConnection<Carried>): void {
    connection.isRetired = true;
    connection.accepts = false;
    this.list(connection);
    this.#soon.delete(connection);
    if (connection.handlers.size === 0) this.#drop(connection);
    else this.#leaving.add(connection);
  }

  /** Closes what has been connecting or spare for too long, and takes back what undici holds for connections it will not get. */
  expire(nowUs: number): void {
    dropOverdue(this.connecting, nowUs);
    dropOverdue(this.#spare, nowUs);
    for (const connection of this.#leaving) connection.takeBack();
  }

  close(): void {
    dropOverdue(this.connecting, Number.POSITIVE_INFINITY);
    dropOverdue(this.#spare, Number.POSITIVE_INFINITY);
    for (const connection of this.#used) this.#drop(connection);
  }

  get #roomSoon(): number {
    let room = 0;
    for (const { handlers } of this.#soon) room += this.capacity - handlers.size;
    return room;
  }

  #needed({ length, fresh }: WaitingLine<Carried>): number {
    return fresh + Math.ceil(Math.max(0, length - fresh - this.#roomSoon) / this.capacity);
  }

  /** Whether the cap leaves room for one more connection. Only fresh exchanges wait beside an idle one, which makes way for them. */
  #makesRoom(): boolean {
    if (this.connecting.length + this.open < this.#maxConnections) return true;
    const idle = this.#accepting.find(({ handlers }) => handlers.size === 0);
    if (idle !== undefined) this.retire(idle);
    return idle !== undefined;
  }

  #drop(connection: UndiciConnection<Carried>): void {
    connection.drop();
    this.list(connection);
    this.#used.delete(connection);
    this.#soon.delete(connection);
    this.#leaving.delete(connection);
  }
}

function dropOverdue<Carried extends Exchange>(queue: DeadlineQueue<UndiciConnection<Carried>>, nowUs: number): void {
  while (queue.first !== null && queue.first.deadlineUs <= nowUs) queue.first.drop();
}
