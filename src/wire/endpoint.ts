import { connect as connectTcp, type LookupFunction, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls } from "node:tls";
import { Fault } from "../model/fault.ts";
import type { Network } from "../model/plan.ts";
import { permittedLookup } from "../safety/permitted-lookup.ts";
import type { TlsSetup } from "./tls-setup.ts";

/** Where connections go to and come from. */
export interface Endpoint {
  readonly isTls: boolean;
  /** Name or address to connect to. An address spares a name lookup for each connection. */
  readonly host: string;
  readonly port: number;
  /** Local addresses in turn; null: whichever the kernel takes. */
  readonly sources: SourceAddresses | null;
  /** Refuses addresses that the network does not permit; absent: Node's own. */
  readonly lookup?: LookupFunction;
  /** Name or address for which the server's certificate must be made out. */
  readonly identity: string;
}

/** Takes local addresses in turn, so that each of them spends its own ports. */
export class SourceAddresses {
  readonly #addresses: readonly string[];
  #next = 0;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  next(): string {
    const address = this.#addresses[this.#next] ?? "";
    this.#next = (this.#next + 1) % this.#addresses.length;
    return address;
  }
}

/**
 * Where an origin (`http://host:port`, `https://host:port`) is in a network: its port or the scheme's own, IPv6 without brackets, the
 * address that `resolve` gives for `host:port` instead of the name, and the identity `tls.serverName`, else the name in `host`, else
 * the origin's. Throws Fault `usage` where nothing can be reached there.
 */
export function endpointFor(origin: string, network: Network): Endpoint {
  const url = urlOf(origin);
  const isTls = url.protocol === "https:";
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  const hostname = withoutBrackets(url.hostname);
  return {
    isTls,
    host: network.resolve[`${url.hostname}:${port}`] ?? hostname,
    port,
    sources: network.sourceAddresses.length === 0 ? null : new SourceAddresses(network.sourceAddresses),
    identity: network.tls.serverName ?? hostnameIn(network.host) ?? hostname,
    ...permittedLookup(network),
  };
}

/**
 * Begins to connect, with Nagle's algorithm off, since a request is written whole. All that is read lands in `buffer`, which many
 * connections may share: `read` is called at once with the number of bytes, must copy what it wants to keep, and returns true. With
 * TLS, the socket is opened by `tls.connect` itself, since only then does that honour `onread`.
 *
 * A name with several addresses is tried address by address, 250 ms for each but the last (Node's `autoSelectFamily`). So a full
 * accept queue, which an address shows by retransmissions after 1 s, may show as the next address's answer there.
 */
export function openSocket(endpoint: Endpoint, tls: TlsSetup | null, buffer: Buffer, read: (length: number) => true): Socket {
  const options = { ...connectOptions(endpoint), onread: { buffer, callback: read } };
  if (tls === null) return connectTcp(options);
  const { session } = tls;
  return connectTls({ ...options, ...tls.options, ...(session === null ? {} : { session }) });
}

/** What `net.connect` is told about an endpoint. */
export function connectOptions({ host, port, sources, lookup }: Endpoint): TcpNetConnectOpts {
  return {
    host,
    port,
    noDelay: true,
    ...(sources === null ? {} : { localAddress: sources.next() }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

function urlOf(origin: string): URL {
  const url = URL.parse(origin);
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "" && url.port !== "0";
  if (isUsable) return url;
  throw new Fault("usage", "the target cannot be reached", {
    received: origin,
    expected: "http://host:port or https://host:port",
  });
}

/** The name in a `Host` field's value: without the port. */
function hostnameIn(host: string | null): string | null {
  const url = host === null ? null : URL.parse(`http://${host}`);
  return url === null ? host : withoutBrackets(url.hostname);
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
