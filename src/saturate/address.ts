import { isIP } from "node:net";
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import { endpointFor } from "../wire/endpoint.ts";

/** Where autocannon connects to. */
export interface CannonAddress {
  readonly url: string;
  readonly serverName: string | null;
  /** What a reader must know of the way there. */
  readonly notes: readonly string[];
}

/**
 * Where a plan's target is for autocannon, which knows less than our own transports: by name, until it is pinned. Throws a usage Fault
 * for what it cannot do: HTTP/2, a proxy, source addresses, client certificates, several targets, or TLS with verification.
 */
export function cannonAddress({ target, targets, connections }: RunPlan): CannonAddress {
  const { protocol, proxy, sourceAddresses, tls } = connections;
  if (protocol !== "h1") throw beyond('HTTP/2 (protocol: "h2")', "saturate over HTTP/1.1, if the target speaks it too");
  if (proxy !== null) throw beyond("a proxy", "saturate what is behind the proxy, or the proxy itself, as the target");
  if (sourceAddresses.length > 0) throw beyond("source addresses", "leave them out: at most some dozen ports are used");
  if (tls.cert !== null) throw beyond("client certificates", "saturate a listener that asks for none");
  if (targets.length > 1) throw beyond(`${targets.length} targets at once`, `--target ${target}`);
  const { isTls, host, port, identity } = endpointFor(target, connections);
  if (isTls && tls.verify) {
    throw new Fault(
      "usage",
      "autocannon verifies no certificate (rejectUnauthorized: false is fixed in it), and this target has one",
      {
        received: target,
        expected: "http, or an https target that may be spoken to unverified",
        fix: "--insecure, if that is acceptable; the output says so. `peakproof run` verifies",
      },
    );
  }
  return {
    url: `${isTls ? "https" : "http"}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    serverName: isTls && isIP(identity) === 0 ? identity : null,
    notes: isTls ? ["No certificate was verified: it is not proven who answered."] : [],
  };
}

/**
 * The same at the IP address that answered the first look, which the allow list permits: autocannon would look the name up for each
 * connection, and go wherever it leads by then.
 */
export function pinned({ url, serverName, notes }: CannonAddress, address: string): CannonAddress {
  const { protocol, hostname, port } = new URL(url);
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) return { url, serverName, notes };
  return {
    url: `${protocol}//${isIP(address) === 6 ? `[${address}]` : address}${port === "" ? "" : `:${port}`}`,
    serverName,
    notes: [...notes, `All connections went to ${address}, the address at which ${hostname} answered.`],
  };
}

function beyond(what: string, fix: string): Fault {
  return new Fault("usage", `the closed loop (autocannon) cannot do ${what}`, {
    expected: "HTTP/1.1, straight to one target",
    fix,
  });
}
