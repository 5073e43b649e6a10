/** Is anyone there? One TCP connection before a run, so that a dead target costs a second and a sentence, not a run. */
import { connect, type NetConnectOpts } from "node:net";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { formatUs } from "../model/units.ts";
import { destinationOf, type Destination, type Reach } from "./destinations.ts";
import { notAllowedCode, notAllowedFix, permittedLookup } from "./permitted-lookup.ts";

/** Default wait for the connection. Linux repeats a lost SYN after 1 s, so 3 s forgives one or two lost packets. */
export const probeTimeoutMs = 3_000;

/**
 * Opens and closes one TCP connection to each target, or to the proxy before them, and one from each source address to the first. No
 * byte is sent, TLS included. Throws Fault `unreachable` for the first that fails, saying whether it was refused, timed out or not
 * found, and what to check. Gives the IP addresses that answered, in the order of the targets.
 */
export async function probeTargets(reach: Reach, timeoutMs: number = probeTimeoutMs): Promise<readonly string[]> {
  const { proxy, resolve, sourceAddresses } = reach.connections;
  const places = (proxy === null ? reach.targets : [proxy]).map((origin) => destinationOf(origin, resolve, "target"));
  const [first] = places;
  const probes: Probe[] = [
    ...places.map((place): Probe => ({ place, localAddress: sourceAddresses[0] })),
    ...sourceAddresses.slice(1).flatMap((localAddress): Probe[] => (first === undefined ? [] : [{ place: first, localAddress }])),
  ];
  const lookup = permittedLookup(reach.connections);
  return Promise.all(probes.map((probe) => probeOnce(probe, lookup, timeoutMs)));
}

interface Probe {
  readonly place: Destination;
  readonly localAddress: string | undefined;
}

async function probeOnce(
  { place, localAddress }: Probe,
  lookup: ReturnType<typeof permittedLookup>,
  timeoutMs: number,
): Promise<string> {
  const { name, host, port } = place;
  try {
    return await connectOnce({ host, port, ...lookup, ...(localAddress === undefined ? {} : { localAddress }) }, timeoutMs);
  } catch (thrown) {
    if (errnoOf(thrown) === notAllowedCode) throw new Fault("safety", messageOf(thrown), { fix: notAllowedFix });
    const by = name === `${host}:${port}` || host.includes(":") ? name : `${name} at ${host}`;
    const { said, fix } = explain(thrown, { port, localAddress, timeoutMs });
    throw new Fault("unreachable", `${by} ${said}`, { expected: "a TCP connection to the target", fix }, { cause: thrown });
  }
}

/** Gives the address that answered. */
function connectOnce(address: NetConnectOpts, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const timer = setTimeout(() => settle(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })), timeoutMs);
    const settle = (failure?: Error): void => {
      clearTimeout(timer);
      const { remoteAddress = "" } = socket;
      socket.destroy();
      if (failure === undefined) resolve(remoteAddress);
      else reject(failure);
    };
    socket.once("connect", () => settle());
    // `on`, since a destroyed socket may still report the addresses it gave up on.
    socket.on("error", settle);
  });
}

interface Attempt {
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly timeoutMs: number;
}

function explain(thrown: unknown, { port, localAddress, timeoutMs }: Attempt): { said: string; fix: string } {
  const code = errnoOf(thrown) ?? "";
  switch (code) {
    case "ECONNREFUSED":
      return {
        said: "refused the connection: nothing listens on that port",
        fix: `start the target, or check the port (${port}) in target`,
      };
    case "ETIMEDOUT":
      return {
        said: `did not answer within ${formatUs(timeoutMs * 1_000)}`,
        fix: "check that the host is up and that no firewall drops the port; a target that is already overloaded does this too",
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { said: "cannot be found: its name does not resolve", fix: "check the spelling of the host and this machine's DNS" };
    case "EADDRNOTAVAIL":
      return {
        said: `cannot be reached from ${localAddress ?? "here"}, which is no address of this machine`,
        fix: "check sourceAddresses with `ip address`",
      };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { said: `cannot be reached: there is no route to it (${code})`, fix: "check the network, VPN and routes" };
    default:
      return { said: `cannot be reached (${code || messageOf(thrown)})`, fix: "check the address in target" };
  }
}
