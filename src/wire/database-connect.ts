/**
 * How the clients of databases connect. They would look names up by themselves, and take a host of their own from the query of an address
 * or the environment: so they are given connections to the place that the allow list judged.
 */
import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls } from "node:tls";
import type { AbstractConnector } from "ioredis";
import type { Network } from "../model/plan.ts";
import { permittedLookup } from "../safety/permitted-lookup.ts";

type Permitted = Pick<Network, "permitted">;

/** The name or address that the address of a database is connected to, IPv6 without brackets. Throws where it is none. */
export function databaseHost(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

/** The `socket` option of the package `postgres`, which speaks TLS over it where the address says so. */
export function postgresSocket(url: string, network: Permitted): { readonly socket: () => Promise<Socket> } {
  const place = placeOf(url, 5_432, network);
  const open = async (): Promise<Socket> => {
    // What fails at once (no route) says so on the next tick. Begun among microtasks, which come first, it does so to a client that listens.
    await Promise.resolve();
    // Its `host` is the server name that the client gives to TLS.
    return Object.assign(connectTcp(place), { host: place.host });
  };
  return { socket: open };
}

/** The `Connector` option of the package `ioredis`, made from its base class. */
export function redisConnector(
  base: typeof AbstractConnector,
  url: string,
  network: Permitted,
): { readonly Connector: new (options: unknown) => AbstractConnector } {
  const place = placeOf(url, 6_379, network);
  const isTls = new URL(url).protocol === "rediss:";
  const named = isIP(place.host) === 0 ? { servername: place.host } : {};
  class PermittedConnector extends base {
    constructor() {
      super(disconnectMs);
    }

    override connect(): Promise<Socket> {
      const stream = isTls ? connectTls({ ...place, ...named }) : connectTcp(place);
      stream.once("error", (error) => (this.firstError = error));
      this.stream = stream;
      return Promise.resolve(stream);
    }
  }
  return { Connector: PermittedConnector };
}

/** How long a Redis may take to close a connection that we have ended, before it is cut: the package's own default. */
const disconnectMs = 2_000;

function placeOf(url: string, usualPort: number, network: Permitted): TcpNetConnectOpts & { readonly host: string } {
  const { port } = new URL(url);
  return { host: databaseHost(url), port: port === "" ? usualPort : Number(port), ...permittedLookup(network) };
}
