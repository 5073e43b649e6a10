import { isIP, type LookupFunction } from "node:net";
import type { buildConnector } from "undici";
import type { Network } from "../model/plan.ts";
import { endpointFor } from "./endpoint.ts";
import { TlsSetup } from "./tls-setup.ts";

/**
 * How an undici agent connects to an origin of a run that is no target of its load (metrics, cleanup): certificates are verified as the
 * network says, and a name that `resolve` gives an address leads there. The load's server name stands in for an address only: another
 * name has a certificate of its own. Throws Fault `usage` where a file of `network.tls` cannot be read.
 */
export function agentConnect(origin: string, network: Network): buildConnector.BuildOptions {
  const { isTls, host, identity } = endpointFor(origin, network);
  const named = new URL(origin).hostname.replace(/^\[|\]$/g, "");
  const options: buildConnector.BuildOptions = host === named ? {} : { lookup: alwaysTo(host) };
  return isTls ? Object.assign(options, new TlsSetup(network.tls, isIP(named) === 0 ? named : identity).options) : options;
}

/** A name lookup that knows one address. */
function alwaysTo(address: string): LookupFunction {
  const family = isIP(address);
  return (_name, { all }, callback) => {
    if (all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}
