import { request as httpRequest } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Fault } from "../../model/fault.ts";
import type { Network } from "../../model/plan.ts";
import { connectOptions, endpointFor, type Endpoint } from "../endpoint.ts";
import { TlsSetup } from "../tls-setup.ts";

/** The way to a server: directly, or through a proxy. */
export interface Route {
  readonly origin: string;
  readonly isH2: boolean;
  /** Where TCP goes: the server, or the proxy. */
  readonly endpoint: Endpoint;
  /** `host:port` for which the proxy is asked with CONNECT; null: no tunnel. */
  readonly tunnel: string | null;
  /** Put before each path: the origin, where a proxy forwards plain HTTP/1.1 (RFC 9112, section 3.2.2), otherwise nothing. */
  readonly pathPrefix: string;
  /** Null for `http`. */
  readonly tls: TlsSetup | null;
  /** Name or address for which the server's certificate must be made out. */
  readonly identity: string;
}

/**
 * The way that a network prescribes. Through a proxy, plain HTTP/1.1 is forwarded, as undici and curl have it, and everything else
 * goes through a tunnel, to the address in `resolve` where there is one: a plan that gives one for what is forwarded is refused before.
 * Throws Fault `usage` where an origin cannot be used, or a file of `network.tls`.
 */
export function routeFor(origin: string, network: Network): Route {
  const target = endpointFor(origin, network);
  const isH2 = network.protocol === "h2";
  const proxy = network.proxy === null ? null : proxyFor(network.proxy, network);
  const isTunnel = proxy !== null && (target.isTls || isH2);
  return {
    origin,
    isH2,
    endpoint: proxy ?? target,
    tunnel: isTunnel ? `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}` : null,
    pathPrefix: proxy === null || isTunnel ? "" : new URL(origin).origin,
    tls: target.isTls ? new TlsSetup(network.tls, target.identity) : null,
    identity: target.identity,
  };
}

function proxyFor(origin: string, network: Network): Endpoint {
  const proxy = endpointFor(origin, network);
  if (!proxy.isTls) return proxy;
  throw new Fault("usage", "connections.proxy: TLS to a proxy is not supported", {
    received: origin,
    expected: "http://host:port",
  });
}

/** Begins to connect to the first station of a route. */
export function openFirst({ endpoint }: Route): Socket {
  return connectTcp(connectOptions(endpoint));
}

/** Whom a proxy's reply to CONNECT is told: 2xx, and the socket is the tunnel. */
export interface TunnelAsker {
  replied(status: number): void;
  failed(error: Error): void;
}

/** Asks a proxy for a tunnel to `authority`. */
export function askForTunnel(socket: Socket, authority: string, asker: TunnelAsker): void {
  const asked = httpRequest({ method: "CONNECT", path: authority, headers: { host: authority }, createConnection: () => socket });
  asked.on("connect", (reply, _socket, first: Buffer) => {
    if (first.length > 0) socket.unshift(first);
    asker.replied(reply.statusCode ?? 0);
  });
  asked.on("error", (error) => asker.failed(error));
  asked.end();
}

/** Begins the TLS handshake, offering the route's protocol alone. */
export function secure(socket: Socket, tls: TlsSetup, isH2: boolean): TLSSocket {
  const session = tls.session === null ? {} : { session: tls.session };
  return connectTls({ ...tls.options, ...session, socket, ALPNProtocols: [isH2 ? "h2" : "http/1.1"] });
}
