import type { Network } from "../model/plan.ts";
import { destinationOf } from "../safety/destinations.ts";
import type { InputFault } from "./input-fault.ts";

/**
 * What cannot be said to a proxy that forwards plain HTTP/1.1: it looks the target's name up by itself, and makes `Host` of that name
 * (RFC 9112, section 3.2.2), so `resolve` of a target and `host` would do nothing, and the load could go to the real one. Targets are
 * usable addresses.
 */
export function forwardingFaults(
  targets: readonly string[],
  { protocol, proxy, resolve, host }: Pick<Network, "protocol" | "proxy" | "resolve" | "host">,
): InputFault[] {
  const forwarded = targets.filter((target) => /^http:/i.test(target)).map((target) => destinationOf(target, resolve, "target"));
  const [first] = forwarded;
  if (proxy === null || protocol === "h2" || first === undefined) return [];
  const faults = forwarded
    .filter(({ name }) => name in resolve)
    .map(({ name, host: address, port }) =>
      forwardingFault("connections.resolve", name, `http://${address.includes(":") ? `[${address}]` : address}:${port}`),
    );
  if (host === null) return faults;
  return [...faults, forwardingFault("connections.host", host, `http://${/:\d+$/.test(host) ? host : `${host}:${first.port}`}`)];
}

function forwardingFault(path: string, value: string, target: string): InputFault {
  return {
    path,
    received: `${JSON.stringify(value)} for an http target behind a proxy`,
    expected: "none, since a proxy goes by the target's own name where it forwards plain HTTP/1.1",
    fix: `target: "${target}" instead (--target ${target}), or no proxy`,
  };
}
