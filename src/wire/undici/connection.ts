import type * as Undici from "undici";
import type { ByteMeter } from "../byte-meter.ts";
import type { DeadlineQueue, Waiter } from "../deadline-queue.ts";
import type { Exchange, WireError } from "../exchange.ts";
import type { ReplyLimits } from "../parser.ts";
import type { ConnectPhases } from "../transport.ts";
import { clientOn } from "./client.ts";
import { ReplyHandler } from "./reply-handler.ts";
import { RequestReader } from "./request-options.ts";
import { RouteSocket } from "./route-socket.ts";
import type { Route } from "./route.ts";

/** What all connections of a transport have in common, and whom they tell. */
export interface UndiciHost<Carried extends Exchange> {
  readonly undici: typeof Undici;
  readonly route: Route;
  readonly limits: ReplyLimits;
  readonly bytes: ByteMeter;
  readonly now: () => number;
  /** Ready for its first exchange. */
  opened(connection: UndiciConnection<Carried>, phases: ConnectPhases): void;
  /** It takes another exchange. */
  drained(connection: UndiciConnection<Carried>): void;
  /** An exchange is done with. */
  ended(handler: ReplyHandler<Carried>, error: WireError | null): void;
  /** The server never looked at an exchange, so that it may be sent elsewhere. */
  returned(handler: ReplyHandler<Carried>): void;
  /** It cannot be used any more, though exchanges may still be ended on it. May come several times. */
  lost(connection: UndiciConnection<Carried>, code: string): void;
}

/**
 * One socket, opened by us so that its phases can be timed, and an undici client that never gets another one: what undici would
 * send again on a connection of its own making is taken back from it. A client opens its connection with its first request, and
 * learns how many streams an HTTP/2 server allows after it; until then it takes that one only.
 */
export class UndiciConnection<Carried extends Exchange> implements Waiter {
  deadlineUs = 0;
  before: this | null = null;
  after: this | null = null;
  /** Connecting or spare; null once it was used or dropped. */
  queue: DeadlineQueue<UndiciConnection<Carried>> | null = null;
  readonly host: UndiciHost<Carried>;
  /** What is on it, in the order in which it was sent. */
  readonly handlers = new Set<ReplyHandler<Carried>>();
  /** Whether undici would send one more exchange at once. */
  accepts = false;
  /** Takes no further exchange and is closed after the last one. */
  isRetired = false;
  /** Exchanges with a complete reply. */
  served = 0;
  /** When the server was last heard; 0: never. */
  heardUs = 0;
  readonly #reader: RequestReader;
  readonly #way: RouteSocket;
  #client: Undici.Client | null = null;
  #isSending = false;
  /** The socket is gone, or the server said GOAWAY. */
  #isDisconnected = false;
  /** How the socket ended. */
  #cause: string | null = null;
  /** Requests still in undici's hands that were taken back. */
  #takenBack = 0;

  constructor(host: UndiciHost<Carried>) {
    this.host = host;
    this.#reader = new RequestReader(host.route);
    this.#way = new RouteSocket(host.route, host.now, {
      opened: (phases) => host.opened(this, phases),
      lost: (code) => this.#lost(code),
    });
    // Its first layer, which carries all others.
    host.bytes.add(this.#way.socket);
  }

  /** What it does while it is being opened. */
  get openingPhase(): "connect" | "tls" {
    return this.#way.openingPhase;
  }

  /** Whether an exchange was sent where nothing else was under way, on a connection that had served before. */
  wasIdleBefore(handler: ReplyHandler<Carried>): boolean {
    return this.served > 0 && this.handlers.size === 1 && this.heardUs < handler.exchange.sentUs;
  }

  send(exchange: Carried): ReplyHandler<Carried> {
    const handler = new ReplyHandler(exchange, this);
    this.#client ??= this.#createClient();
    this.handlers.add(handler);
    this.#isSending = true;
    this.accepts = this.#client.dispatch(this.#reader.read(exchange), handler);
    this.#isSending = false;
    return handler;
  }

  ended(handler: ReplyHandler<Carried>, error: WireError | null): void {
    if (handler.isOver) return;
    if (error === null) this.served += 1;
    this.#release(handler);
    this.host.ended(handler, error);
  }

  /**
   * What fails while it is being sent is ended later: nothing is settled within `dispatch`. The connection goes with it, since undici
   * does not even begin to use it for a request that it refuses.
   */
  failed(handler: ReplyHandler<Carried>, code: string): void {
    if (!this.#isSending) {
      this.#fail(handler, code);
      return;
    }
    this.isRetired = true;
    setImmediate(() => this.#fail(handler, code));
  }

  /**
   * Takes back what undici means to send again on another connection: exactly what a GOAWAY says that the server never looked at,
   * the latest ones. Where it has looked at nothing at all, they fail, or a server that sends nothing but GOAWAY would be connected
   * to without an end.
   */
  takeBack(): void {
    if (this.#client === null || !this.#isDisconnected || this.#way.socket.destroyed) return;
    const refused = this.#client.stats.pending - this.#takenBack;
    if (refused <= 0) return;
    const isUseless = this.served === 0 && refused >= this.handlers.size;
    for (const handler of [...this.handlers].slice(-refused)) {
      this.#takenBack += 1;
      if (isUseless) this.#fail(handler, "GOAWAY");
      else this.#return(handler);
    }
  }

  /** Leaves its queue for another one. */
  enter(queue: DeadlineQueue<UndiciConnection<Carried>> | null, deadlineUs: number): void {
    this.queue?.remove(this);
    this.queue = queue;
    this.deadlineUs = deadlineUs;
    queue?.add(this);
  }

  /** Leaves its queue and closes. Whatever it carries must be over. */
  drop(): void {
    this.enter(null, 0);
    this.accepts = false;
    this.isRetired = true;
    this.#way.socket.destroy();
    void this.#client?.destroy();
  }

  /** While undici has the socket, it tells us when it is through with it. */
  #lost(code: string): void {
    this.#cause ??= code;
    if (this.#client === null) this.host.lost(this, this.#cause);
  }

  #createClient(): Undici.Client {
    const { undici, route, limits } = this.host;
    const client = clientOn(this.#way.socket, undici, route, limits);
    client.on("drain", () => this.#drained());
    client.on("disconnect", () => this.#disconnected());
    return client;
  }

  #drained(): void {
    if (this.isRetired) return;
    this.accepts = true;
    this.host.drained(this);
  }

  /** After a GOAWAY, what the server looked at is still answered. */
  #disconnected(): void {
    this.#isDisconnected = true;
    this.accepts = false;
    this.isRetired = true;
    this.takeBack();
    // Streams whose last bytes came with the end of the connection end in this turn of the loop.
    setImmediate(() => {
      if (this.#way.socket.destroyed) for (const handler of this.handlers) this.#fail(handler, "EOF");
      this.host.lost(this, this.#cause ?? "EOF");
    });
  }

  /** Ends an exchange by how its socket ended, if it has: whatever Node says of the streams on it then is of its own making. */
  #fail(handler: ReplyHandler<Carried>, code: string): void {
    if (handler.isOver) return;
    const isUnsent = handler.exchange.sentUs === 0 && this.#isDisconnected && this.served > 0;
    if (isUnsent) this.#return(handler);
    else this.ended(handler, handler.failure(this.#cause ?? code));
  }

  #return(handler: ReplyHandler<Carried>): void {
    this.#release(handler);
    this.host.returned(handler);
  }

  #release(handler: ReplyHandler<Carried>): void {
    handler.isOver = true;
    this.handlers.delete(handler);
  }
}
