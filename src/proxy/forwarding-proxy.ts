import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { errnoOf } from "../model/fault.ts";
import { ApiError, apiErrors } from "./api-error.ts";
import { formatPlace, parsePlace } from "./address.ts";
import { Connection, type TrafficCounts } from "./connection.ts";
import type { Toxic } from "./toxic.ts";

/** Connections that one proxy carries at once: each holds two descriptors and, while toxics delay it, up to 2 MiB. */
const connectionsMax = 10_000;

/** A proxy as the API shows it. */
export interface ProxyState {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly Toxic[];
}

/** Forwards TCP connections from where it listens to its upstream, through toxics. */
export class ForwardingProxy {
  readonly name: string;
  readonly counts: TrafficCounts = {
    connections: 0,
    upstreamBytes: 0,
    downstreamBytes: 0,
    requests: 0,
    opaqueConnections: 0,
    dropped: 0,
  };
  readonly #connections = new Set<Connection>();
  #listen: string;
  #upstream: string;
  #server: Server | null = null;
  #toxics: readonly Toxic[] = [];

  /** Throws ApiError where the upstream is no address. */
  constructor(name: string, listen: string, upstream: string) {
    parsePlace(upstream);
    this.name = name;
    this.#listen = listen;
    this.#upstream = upstream;
  }

  /** Connections open now. */
  get open(): number {
    return this.#connections.size;
  }

  /** Toxics of the upstream direction first, each in the order in which they were added. */
  get state(): ProxyState {
    const toxics = [...this.#toxics.filter(isUpstream), ...this.#toxics.filter((toxic) => !isUpstream(toxic))];
    return { name: this.name, listen: this.#listen, upstream: this.#upstream, enabled: this.#server !== null, toxics };
  }

  /** Rejects with ApiError 500 where the address cannot be listened on. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const { host, port } = parsePlace(this.#listen === "" ? "127.0.0.1:0" : this.#listen);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    server.maxConnections = connectionsMax;
    server.on("drop", () => (this.counts.dropped += 1));
    this.#server = server;
    try {
      server.listen({ port, host: host === "" ? "::" : host });
      await once(server, "listening");
    } catch (error) {
      this.#server = null;
      throw new ApiError(`listen tcp ${this.#listen}: ${errnoOf(error) ?? String(error)}`, 500);
    }
    server.on("error", () => undefined); // A connection that could not be accepted: its client sees it.
    const bound = server.address() as AddressInfo;
    this.#listen = formatPlace({ host: bound.address, port: bound.port });
  }

  /** Refuses new connections and cuts those that are open. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    for (const connection of this.#connections) connection.cut();
    await once(server, "close");
  }

  /** Moves it; connections are cut where an address changes. Throws ApiError. */
  async move(listen: string, upstream: string): Promise<void> {
    parsePlace(upstream);
    await this.stop();
    this.#listen = listen;
    this.#upstream = upstream;
  }

  toxic(name: string): Toxic {
    const found = this.#toxics.find((toxic) => toxic.name === name);
    if (found === undefined) throw apiErrors.toxicNotFound();
    return found;
  }

  /** For connections that are open, too. Throws ApiError where the name is taken. */
  addToxic(toxic: Toxic): void {
    if (this.#toxics.some(({ name }) => name === toxic.name)) throw apiErrors.toxicExists();
    this.#toxics = [...this.#toxics, toxic];
    for (const connection of this.#connections) connection.link(toxic.stream).add(toxic);
  }

  changeToxic(toxic: Toxic): void {
    this.#toxics = this.#toxics.map((other) => (other.name === toxic.name ? toxic : other));
    for (const connection of this.#connections) connection.link(toxic.stream).change(toxic);
  }

  /** Throws ApiError where there is none of that name. */
  removeToxic(name: string): void {
    const { stream } = this.toxic(name);
    this.#toxics = this.#toxics.filter((toxic) => toxic.name !== name);
    for (const connection of this.#connections) connection.link(stream).remove(name);
  }

  removeToxics(): void {
    for (const { name } of this.#toxics) this.removeToxic(name);
  }

  #accept(client: Socket): void {
    this.counts.connections += 1;
    const connection: Connection = new Connection(client, parsePlace(this.#upstream), this.#toxics, this.counts, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
  }
}

function isUpstream({ stream }: Toxic): boolean {
  return stream === "upstream";
}
