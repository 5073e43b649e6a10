import { dirname, resolve as resolvePath } from "node:path";
import { Fault } from "../model/fault.ts";
import type { ConnectionPlan, Network, TlsPlan } from "../model/plan.ts";
import type { ConnectionRules, TlsRules } from "../model/scenario.ts";
import { destinationOf } from "../safety/destinations.ts";
import { validDurationUs } from "./durations.ts";
import { forwardingFaults } from "./forwarding.ts";
import { unknownName } from "./input-fault.ts";
import type { PlanOverrides } from "./overrides.ts";

const defaults = { maxConnections: 2_000, deadline: "10s" } as const;

/** Where connections go, as origins. */
interface Destinations {
  readonly targets: readonly string[];
  readonly admin: string;
}

/** Where a plan's connections go, and where they would without the command line. */
export interface Places extends Destinations {
  readonly written: Destinations;
}

/**
 * How the targets are reached: the scenario's rules, and the command line's on top. Files are found from the scenario's own. Throws a
 * usage Fault where `resolve`, here or there, names what is never connected to, or asks a proxy for what it does not do.
 */
export function connectionPlan(
  rules: ConnectionRules,
  overrides: PlanOverrides,
  scenarioPath: string,
  places: Places,
): ConnectionPlan {
  const network = networkOf(rules, overrides, scenarioPath);
  refuseStrays(rules.resolve ?? {}, overrides.resolve ?? {}, network, places);
  refuseUnheeded(network, places);
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
  return Object.fromEntries(Object.entries(resolve).map(([name, address]) => [plainName(name), plainAddress(address)]));
}

/** `[0:0::1]:080` is `[::1]:80`, and `Health.example:443` is `health.example:443`. */
function plainName(name: string): string {
  return `${new URL(`http://${name}`).hostname}:${Number(name.slice(name.lastIndexOf(":") + 1))}`;
}

function plainAddress(address: string): string {
  return address.replace(/^\[(.*)\]$/, "$1");
}

/**
 * A name that is not connected to is a slip: the load would go where the real one points. A scenario's own name stays right where
 * `--target` leads elsewhere, and may be repeated by `--resolve`, as a copied command line does.
 */
function refuseStrays(
  own: Readonly<Record<string, string>>,
  asked: Readonly<Record<string, string>>,
  { proxy }: Network,
  { targets, admin, written }: Places,
): void {
  const namesOf = (origins: readonly string[]): string[] => origins.map((origin) => destinationOf(origin, {}, "target").name);
  const reached = namesOf([...targets, admin, ...(proxy === null ? [] : [proxy])]);
  const ownReached = [...namesOf([...written.targets, written.admin]), ...reached];
  refuseStray(
    "connections.resolve",
    own,
    ownReached,
    (name, address) => `resolve: { ${JSON.stringify(name)}: ${JSON.stringify(address)} }`,
  );
  const known = [...reached, ...Object.keys(plainEntries(own))];
  refuseStray("--resolve", asked, known, (name, address) => `--resolve ${name}:${address}`);
}

function refuseStray(
  path: string,
  resolve: Readonly<Record<string, string>>,
  known: readonly string[],
  write: (name: string, address: string) => string,
): void {
  const stray = Object.keys(resolve).find((name) => !known.includes(plainName(name)));
  if (stray === undefined) return;
  const { expected, fix } = unknownName(path, stray, "host:port of what this run connects to", [...new Set(known)]);
  throw new Fault("usage", `${path} names what this run never connects to`, {
    received: stray,
    expected,
    fix: write(fix, resolve[stray] ?? ""),
  });
}

/** The scenario's own faults of that kind have been listed; here flags and scenario together may have them. */
function refuseUnheeded(network: Network, { targets }: Destinations): void {
  const [first] = forwardingFaults(targets, network);
  if (first === undefined) return;
  const { path, ...detail } = first;
  throw new Fault("usage", `${path} would do nothing: the proxy would not heed it`, detail);
}
