import { isIP } from "node:net";
import { Agent, fetch, Pool, ProxyAgent, type Dispatcher } from "undici";
import { messageOf } from "../model/fault.ts";
import type { Network, RunPlan } from "../model/plan.ts";
import type { SetupContext } from "../model/scenario.ts";
import { adminNetwork, agentConnect } from "../wire/agent-connect.ts";
import { endpointFor } from "../wire/endpoint.ts";
import { TlsSetup } from "../wire/tls-setup.ts";

/** What of a plan says where a `setup` may go, and how. */
export type SetupPlaces = Pick<RunPlan, "targets" | "admin" | "connections">;

/**
 * The `fetch` of a scenario's `setup`: it goes where the load goes, by the plan's `resolve`, `proxy`, `host` and `tls`, and refuses any
 * other origin, also as a redirect. Connections are closed at the end of its use. Using it rejects with Fault `usage` where a file of
 * `tls` cannot be read.
 */
export class SetupFetch implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #dispatcher: Dispatcher;

  constructor(places: SetupPlaces) {
    const { targets, admin, connections: network } = places;
    this.#agent = new Agent({
      factory: (address) => {
        const { origin } = new URL(address);
        if (targets.includes(origin)) return throughNetwork(origin, network);
        if (origin === admin) return new Pool(origin, { allowH2: false, connect: agentConnect(origin, adminNetwork(places)) });
        throw new RangeError(`setup's fetch goes to the targets and to admin, not to ${origin}`);
      },
    });
    const { host } = network;
    this.#dispatcher = host === null ? this.#agent : this.#agent.compose(named(host, targets));
  }

  /** To be given to `setup`. */
  readonly fetch: SetupContext["fetch"] = async (url, init = {}) => {
    try {
      return await fetch(url, { ...init, dispatcher: this.#dispatcher });
    } catch (thrown) {
      // "fetch failed" alone tells its reader nothing.
      if (thrown instanceof TypeError && thrown.cause !== undefined)
        throw new TypeError(`${thrown.message}: ${messageOf(thrown.cause)}`, { cause: thrown });
      throw thrown;
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** A target as the load reaches it, by HTTP/1.1. */
function throughNetwork(origin: string, network: Network): Dispatcher {
  const { proxy } = network;
  if (proxy === null) return new Pool(origin, { allowH2: false, connect: agentConnect(origin, network) });
  const { isTls, identity } = endpointFor(origin, network);
  const tls = isTls ? { requestTls: new TlsSetup(network.tls, identity).options } : {};
  // A proxy is spoken to without TLS, so that nothing but the connection depends on its name.
  const { host, port, lookup } = endpointFor(proxy, network);
  const uri = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return new ProxyAgent({ uri, allowH2: false, ...tls, ...(lookup === undefined ? {} : { proxyTls: { lookup } }) });
}

/** Sends the load's `Host` to targets. */
function named(host: string, targets: readonly string[]): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    if (!targets.includes(String(options.origin))) return dispatch(options, handler);
    // What fetch hands over are names and values.
    return dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), host } }, handler);
  };
}
