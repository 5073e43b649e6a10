import { Fault } from "../model/fault.ts";
import type { Network, RunPlan } from "../model/plan.ts";

/** What of a plan says where it connects to. */
export interface Reach extends Pick<RunPlan, "targets" | "admin"> {
  readonly connections: Pick<Network, "proxy" | "resolve" | "sourceAddresses" | "permitted">;
  /** Hosts that are connected to beside them, by name or address: of databases, of proxies' APIs. */
  readonly others?: readonly string[];
}

/** One place that a run connects to. */
export interface Destination {
  /** `host:port` as the plan has it, for messages and as the name by which `resolve` knows it. */
  readonly name: string;
  /** Name or address that is connected to: what `resolve` says, or the name's own. IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where an origin is, by `resolve`. Throws a usage Fault for what is no `http:` or `https:` address. */
export function destinationOf(origin: string, resolve: Network["resolve"], role: string): Destination {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url === null || url.hostname === "" || !/^https?:$/.test(url.protocol)) {
    throw new Fault("usage", `the ${role} is not an address`, {
      received: redactedAddress(origin),
      expected: "http://host:port or https://host:port",
    });
  }
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const name = `${url.hostname}:${port}`;
  return { name, port, host: (resolve[name] ?? url.hostname).replace(/^\[|\]$/g, "") };
}

/**
 * Everything that a run connects to, each once: the targets, or the proxy and, by their own names, the targets behind it, which it
 * looks up; and the admin address.
 */
export function destinationsOf({ targets, admin, connections }: Reach): Destination[] {
  const { proxy, resolve } = connections;
  const places = [
    ...targets.map((target) => destinationOf(target, proxy === null ? resolve : {}, "target")),
    destinationOf(admin, resolve, "admin"),
    ...(proxy === null ? [] : [destinationOf(proxy, resolve, "proxy")]),
  ];
  return places.filter((place, at) => places.findIndex(({ host, port }) => host === place.host && port === place.port) === at);
}

/** A password in an address must not reach the terminal. */
function redactedAddress(address: string): string {
  return address.replace(/\/\/[^/]*@/, "//[redacted]@");
}
