import { connect, type Socket } from "node:net";

/** Where connections go. An IP address spares a name lookup for each connection. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where an origin (`http://host:port`) is; an IPv6 address loses its brackets. */
export function endpointOf(origin: string): Endpoint {
  const { hostname, port } = new URL(origin);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port === "" ? 80 : port) };
}

/**
 * Begins to connect, with Nagle's algorithm off, since a request is written whole. All that is read lands in `buffer`, which many
 * connections may share: `read` is called at once with the number of bytes, must copy what it wants to keep, and returns true.
 * The seam for TLS is here: `tls.connect` takes the same `onread`, but only where it opens the socket itself, and is ready at
 * `secureConnect` instead of `connect`.
 */
export function openSocket(endpoint: Endpoint, buffer: Buffer, read: (length: number) => true): Socket {
  return connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread: { buffer, callback: read } });
}
