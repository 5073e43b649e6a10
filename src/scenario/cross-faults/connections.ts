import { fields } from "../fields.ts";
import { forwardingFaults } from "../forwarding.ts";
import { fieldFault, type InputFault } from "../input-fault.ts";
import { limits } from "../limits.ts";
import { entriesOf, fault, type Entries } from "./entries.ts";

/** What of `connections` needs or excludes something else. */
export function connectionFaults(scenario: Entries): InputFault[] {
  const connections = entriesOf(scenario["connections"]);
  return [
    ...resolveFaults(entriesOf(connections["resolve"])),
    ...proxyFaults([scenario["target"]].flat(), connections),
    ...tlsFaults(entriesOf(connections["tls"])),
  ];
}

/** Of what can be used: the rest is the fields' own matter. */
function proxyFaults(targets: readonly unknown[], { protocol, proxy, resolve, host }: Entries): InputFault[] {
  if (!fields.proxy.accepts(proxy)) return [];
  const addresses = Object.entries(entriesOf(resolve)).filter(([, address]) => fields.resolveAddress.accepts(address));
  return forwardingFaults(targets.filter(isUsableTarget), {
    protocol: protocol === "h2" ? "h2" : "h1",
    proxy: String(proxy),
    resolve: Object.fromEntries(addresses.map(([name, address]) => [name.toLowerCase(), String(address)])),
    host: fields.host.accepts(host) ? String(host) : null,
  });
}

function isUsableTarget(target: unknown): target is string {
  return typeof target === "string" && fields.target.accepts(target);
}

function resolveFaults(resolve: Entries): InputFault[] {
  const names = Object.keys(resolve);
  const faults = names.filter((name) => !fields.resolveName.accepts(name)).map(resolveNameFault);
  if (names.length > limits.resolve) {
    faults.push(fault("connections.resolve", `${names.length} names`, `at most ${limits.resolve}`, "fewer"));
  }
  return faults;
}

function resolveNameFault(name: string): InputFault {
  return fieldFault("connections.resolve", name, fields.resolveName);
}

function tlsFaults({ insecure, ca, cert, key, passphrase }: Entries): InputFault[] {
  const faults: InputFault[] = [];
  if (insecure === true && ca !== undefined) {
    faults.push(
      fault("connections.tls", "insecure together with ca", "one of the two: verified by ca, or not at all", fields.ca.write),
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["key", fields.cert] : ["cert", fields.key];
    faults.push(fault("connections.tls", `${given} alone`, "a client certificate and its key", missing.write));
  }
  if (passphrase !== undefined && key === undefined) {
    faults.push(fault("connections.tls.passphrase", "passphrase without key", "the key that it opens", fields.key.write));
  }
  return faults;
}
