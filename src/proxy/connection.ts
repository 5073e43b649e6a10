import { connect, type Socket } from "node:net";
import { Link } from "./link.ts";
import { RequestCounter } from "./request-counter.ts";
import type { Victim } from "./stage.ts";
import type { Direction, Toxic } from "./toxic.ts";

/** What went through a proxy since it was made. */
export interface TrafficCounts {
  connections: number;
  /** Bytes from clients (`upstream`) and to them. */
  upstreamBytes: number;
  downstreamBytes: number;
  /** HTTP/1.1 requests, each when its head was complete. */
  requests: number;
  /** Connections whose requests could not be counted, or not all: TLS, HTTP/2, other protocols, upgrades. */
  opaqueConnections: number;
  /** Connections turned away since there were too many. */
  dropped: number;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** One client's connection and the one made for it to the upstream. Half-closed on one side, it is half-closed on the other. */
export class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #counts: TrafficCounts;
  readonly #requests = new RequestCounter();
  readonly #links: Readonly<Record<Direction, Link>>;
  #open = 2;
  #wasConnected = false;

  /** `closed` is called once both sockets are. */
  constructor(client: Socket, upstream: Place, toxics: readonly Toxic[], counts: TrafficCounts, closed: () => void) {
    this.#client = client;
    this.#server = connect({ ...upstream, allowHalfOpen: true, noDelay: true });
    this.#server.once("connect", () => (this.#wasConnected = true));
    this.#counts = counts;
    const victim: Victim = {
      nowMs: () => performance.now(),
      random: Math.random,
      close: () => this.close(),
      reset: () => this.reset(),
    };
    const of = (direction: Direction): readonly Toxic[] => toxics.filter(({ stream }) => stream === direction);
    this.#links = {
      upstream: new Link(client, this.#server, of("upstream"), victim, (bytes) => this.#sawRequests(bytes)),
      downstream: new Link(this.#server, client, of("downstream"), victim, (bytes) => {
        counts.downstreamBytes += bytes.length;
      }),
    };
    this.#tie(client, this.#server, closed);
    this.#tie(this.#server, client, closed);
  }

  link(direction: Direction): Link {
    return this.#links[direction];
  }

  /** Ends both sides once what was written is out. */
  close(): void {
    this.#client.destroySoon();
    this.#server.destroySoon();
  }

  /** Ends both sides at once. */
  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  /** Ends both sides with a TCP reset. */
  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  /** One side's failure is the other's: a reset is passed on as one, an upstream that cannot be reached closes the client. */
  #tie(socket: Socket, other: Socket, closed: () => void): void {
    socket.on("error", () => {
      if (this.#wasConnected) other.resetAndDestroy();
      else this.cut();
    });
    socket.on("close", () => {
      // What has ended well is still on its way to the other side, which then closes by itself.
      if (!socket.readableEnded) other.destroySoon();
      this.#open -= 1;
      if (this.#open > 0) return;
      for (const link of Object.values(this.#links)) link.abandon();
      closed();
    });
  }

  #sawRequests(bytes: Buffer): void {
    const counts = this.#counts;
    const requests = this.#requests;
    counts.upstreamBytes += bytes.length;
    if (requests.isOpaque) return;
    const before = requests.count;
    requests.push(bytes);
    counts.requests += requests.count - before;
    if (requests.isOpaque) counts.opaqueConnections += 1;
  }
}
