import type { Socket } from "node:net";
import { Opening } from "../opening.ts";
import type { ConnectPhases } from "../transport.ts";
import { codeOf } from "./error-code.ts";
import { askForTunnel, openFirst, secure, type Route } from "./route.ts";

/** Whom a socket tells. */
export interface SocketOwner {
  /** It reaches the server, and speaks the route's protocol. */
  opened(phases: ConnectPhases): void;
  /** It ended, or never got there. May come several times. */
  lost(code: string): void;
}

/** A socket that goes a route to its end: TCP, the proxy's tunnel, TLS. */
export class RouteSocket {
  /** Its outermost layer so far. */
  socket: Socket;
  readonly #route: Route;
  readonly #now: () => number;
  readonly #owner: SocketOwner;
  /** Null once it is open. */
  #opening: Opening | null;

  constructor(route: Route, now: () => number, owner: SocketOwner) {
    this.#route = route;
    this.#now = now;
    this.#owner = owner;
    this.#opening = new Opening(now());
    this.socket = openFirst(route);
    this.socket.on("lookup", () => this.#opening?.found(now()));
    this.socket.on("connect", () => this.#connected());
    this.#watch();
  }

  /** What it does while it is being opened. */
  get openingPhase(): "connect" | "tls" {
    return this.#opening?.phase ?? "connect";
  }

  #connected(): void {
    const { tunnel } = this.#route;
    if (tunnel === null) this.#reached();
    else askForTunnel(this.socket, tunnel, { replied: (status) => this.#answered(status), failed: (error) => this.#fail(error) });
  }

  #answered(status: number): void {
    if (status >= 200 && status < 300) this.#reached();
    else this.#owner.lost(`PROXY_${status}`);
  }

  /** TCP is up, through to the server. */
  #reached(): void {
    const { tls, isH2 } = this.#route;
    this.#opening?.connected(this.#now());
    if (tls === null) {
      this.#opened();
      return;
    }
    const secured = secure(this.socket, tls, isH2);
    this.socket = secured;
    this.#watch();
    secured.on("session", (session) => {
      tls.session = session;
    });
    secured.on("secureConnect", () => {
      this.#opening?.secured(this.#now());
      if (isH2 && secured.alpnProtocol !== "h2") this.#owner.lost("NO_H2");
      else this.#opened();
    });
  }

  #watch(): void {
    this.socket.on("error", (error) => this.#fail(error));
    this.socket.on("end", () => this.#owner.lost("EOF"));
    this.socket.on("close", () => this.#owner.lost("EOF"));
  }

  #fail(error: Error): void {
    this.#owner.lost(codeOf(error));
  }

  #opened(): void {
    const phases = this.#opening;
    this.#opening = null;
    if (phases !== null) this.#owner.opened(phases);
  }
}
