import type { Network } from "../model/plan.ts";
import { HttpClient } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { UndiciTransport } from "./undici/transport.ts";

/** The parts of opening a connection, microseconds; null: there was no such part (an address needs no lookup, `http` no TLS). */
export interface ConnectPhases {
  readonly dnsUs: number | null;
  readonly tcpUs: number;
  readonly tlsUs: number | null;
}

export interface TransportOptions<Carried extends Exchange = Exchange> {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string;
  readonly network: Network;
  /** Most connections at once, those being opened included. */
  readonly maxConnections: number;
  /** Longest head of a reply; default 64 KiB, four times Node's own limit. */
  readonly maxHeadBytes?: number;
  /** Longest body of a reply; default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Microseconds on a monotonic clock, above 0. */
  readonly now: () => number;
  /**
   * Called exactly once for each dispatched exchange, never within `dispatch`, when the transport is done with it. It may dispatch
   * (the same one again, too), but not call `expire`, `abortAll` or `close`.
   */
  readonly settled: (exchange: Carried) => void;
  /** Called for each connection that was opened. */
  readonly connected?: (phases: ConnectPhases) => void;
}

/** Sends exchanges to one server. Deadlines are the caller's to drive: see `expire`. */
export interface Transport<Carried extends Exchange = Exchange> {
  /** Exchanges on the wire. */
  readonly inFlight: number;
  /** Exchanges dispatched and not sent. */
  readonly waiting: number;
  /** Connections established, busy or idle. */
  readonly open: number;
  /** Connections being opened. */
  readonly connecting: number;
  /** Bytes that its connections carried so far, both ways. Asking costs a look at each of them. */
  readonly bytes: number;
  /** Sends an exchange as soon as a connection is there for it. Its earlier outcome, if any, is forgotten. */
  dispatch(exchange: Carried): void;
  /**
   * Settles every exchange whose deadline has passed; one on the wire after this turn of the loop, so that a reply that has come is
   * read first. To be called each millisecond; it costs nothing while nothing is due.
   */
  expire(nowUs: number): void;
  /** Settles everything with `aborted`. */
  abortAll(): void;
  /** Aborts everything and closes all connections. What is dispatched later is settled with `aborted`, too. */
  close(): void;
}

/**
 * The transport for a network: our own for HTTP/1.1, undici for HTTP/2 and through a proxy. Throws Fault `usage` where the network
 * cannot be used: an origin, a certificate, a key.
 */
export function openTransport<Carried extends Exchange>(options: TransportOptions<Carried>): Transport<Carried> {
  const { protocol, proxy } = options.network;
  return protocol === "h2" || proxy !== null ? new UndiciTransport(options) : new HttpClient(options);
}

/** Throws the Fault that `openTransport` would for an origin; connects to nothing. */
export function checkNetwork(origin: string, network: Network): void {
  openTransport({ origin, network, maxConnections: 1, now: () => 1, settled: () => undefined }).close();
}
