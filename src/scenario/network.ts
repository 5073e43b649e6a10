import { dirname, resolve as resolvePath } from "node:path";
import { Fault } from "../model/fault.ts";
import type { ConnectionPlan, Network, TlsPlan } from "../model/plan.ts";
import type { ConnectionRules, TlsRules } from "../model/scenario.ts";
import { destinationOf } from "../safety/destinations.ts";
import { validDurationUs } from "./durations.ts";
import { unknownName } from "./input-fault.ts";
import type { PlanOverrides } from "./overrides.ts";

const defaults = { maxConnections: 2_000, deadline: "10s" } as const;

/** Where a plan's connections go, as origins. */
export interface Destinations {
  readonly targets: readonly string[];
  readonly admin: string;
}

/**
 * How the targets are reached: the scenario's rules, and the command line's on top. Files are found from the scenario's own. Throws a
 * usage Fault for a `--resolve` of what is never connected to.
 */
export function connectionPlan(
  rules: ConnectionRules,
  overrides: PlanOverrides,
  scenarioPath: string,
  destinations: Destinations,
): ConnectionPlan {
  const network = networkOf(rules, overrides, scenarioPath);
  refuseStrayResolve(overrides.resolve ?? {}, Object.keys(plainEntries(rules.resolve)), network, destinations);
  return {
    policy: rules.policy ?? "keep-alive",
    max: rules.max ?? defaults.maxConnections,
    deadlineUs: validDurationUs(rules.deadline ?? defaults.deadline),
    ...network,
  };
}

function networkOf(rules: ConnectionRules, overrides: PlanOverrides, scenarioPath: string): Network {
  const addresses = { ...plainEntries(rules.resolve), ...plainEntries(overrides.resolve) };
  return {
    protocol: rules.protocol ?? "h1",
    proxy: rules.proxy === undefined ? null : new URL(rules.proxy).origin,
    resolve: addresses,
    sourceAddresses: (overrides.sourceAddresses ?? rules.sourceAddresses ?? []).map(plainAddress),
    host: rules.host ?? null,
    tls: tlsPlan(rules.tls ?? {}, overrides.insecure === true, dirname(scenarioPath)),
  };
}

/** `--insecure` wins over a `ca`, which has nothing to verify then. */
function tlsPlan(rules: TlsRules, insecure: boolean, folder: string): TlsPlan {
  const file = (path: string | undefined): string | null => (path === undefined ? null : resolvePath(folder, path));
  return {
    verify: !insecure && rules.insecure !== true,
    serverName: rules.serverName ?? null,
    ca: insecure ? null : file(rules.ca),
    cert: file(rules.cert),
    key: file(rules.key),
    passphrase: rules.passphrase ?? null,
  };
}

/** Names in the spelling of `URL.host`, with a port always; addresses without brackets. */
function plainEntries(resolve: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(resolve).map(([name, address]) => [name.toLowerCase(), plainAddress(address)]));
}

function plainAddress(address: string): string {
  return address.replace(/^\[(.*)\]$/, "$1");
}

/**
 * A name that is not connected to is a slip: the load would go where the real one points. One of the scenario's own may be repeated,
 * as a copied command line does.
 */
function refuseStrayResolve(
  asked: Readonly<Record<string, string>>,
  own: readonly string[],
  { proxy }: Network,
  { targets, admin }: Destinations,
): void {
  const known = [...targets, admin, ...(proxy === null ? [] : [proxy])].map((origin) => destinationOf(origin, {}, "target").name);
  const stray = Object.keys(asked).find((name) => ![...known, ...own].includes(name.toLowerCase()));
  if (stray === undefined) return;
  const { expected, fix } = unknownName("--resolve", stray, "host:port of what this run connects to", [...new Set(known)]);
  throw new Fault("usage", "--resolve names what this run never connects to", {
    received: stray,
    expected,
    fix: `--resolve ${fix}:${asked[stray] ?? ""}`,
  });
}
