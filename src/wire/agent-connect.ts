import { isIP } from "node:net";
import { buildConnector } from "undici";
import { plainNetwork, type Network, type RunPlan } from "../model/plan.ts";
import { endpointFor } from "./endpoint.ts";
import { TlsSetup } from "./tls-setup.ts";

/**
 * How an undici agent connects to an origin: by HTTP/1.1, to the address that `resolve` gives it, with certificates verified as the
 * network says. Proxy and source addresses are the load's alone. Throws Fault `usage` where a file of `network.tls` cannot be read.
 */
export function agentConnect(origin: string, network: Network): buildConnector.connector {
  const { isTls, host: hostname, identity, lookup } = endpointFor(origin, network);
  const tls = isTls ? new TlsSetup(network.tls, identity).options : null;
  const connect = buildConnector({ ...tls, allowH2: false, ...(lookup === undefined ? {} : { lookup }) });
  // undici would take the server name from the `Host` field, which need not be the certificate's.
  const named = tls?.servername === undefined ? {} : { servername: tls.servername };
  // A name lookup that knows one address would not do: Node makes none for a host that is an address itself.
  return (options, callback) => connect({ ...options, hostname, ...named }, callback);
}

/**
 * How a run's admin address (metrics, cleanup) is reached. One that is a target is addressed like it; any other has a `Host` and a
 * certificate of its own, and the load's server name stands in for an address only.
 */
export function adminNetwork(plan: Pick<RunPlan, "admin" | "targets"> & { readonly connections: Network }): Network {
  const { admin, targets, connections } = plan;
  if (targets.includes(admin)) return connections;
  const isAddress = isIP(new URL(admin).hostname.replace(/^\[|\]$/g, "")) !== 0;
  const serverName = isAddress ? endpointFor(admin, connections).identity : null;
  return { ...connections, host: null, tls: { ...connections.tls, serverName } };
}

/** How a server is reached that has nothing to do with the target, such as the API of proxies: as it comes, where that is permitted. */
export function otherNetwork({ permitted }: Pick<Network, "permitted">): Network {
  return { ...plainNetwork, ...(permitted === undefined ? {} : { permitted }) };
}
