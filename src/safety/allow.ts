/**
 * The allow list: load goes to this machine unless its owner named the host. It guards against a slip of the hand (a copied
 * scenario whose target is production), so it judges both what was typed and what the name resolves to.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { Fault, messageOf } from "../model/fault.ts";
import { destinationsOf, type Reach } from "./destinations.ts";

/** All addresses of a name. Replaceable so that a test can say what `localhost` means. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a host, as typed or as `URL.hostname` gives it, is this machine by its own spelling; no name is resolved. */
export function isLoopbackHost(host: string): boolean {
  const plain = plainHost(host);
  return plain === "localhost" || isLoopbackAddress(plain);
}

/**
 * Refuses a plan that connects to anything outside loopback (127.0.0.0/8, ::1, localhost) that `--allow` does not name: targets,
 * admin address and proxy, at the addresses that `resolve` gives them, and whatever else it names. A name is allowed by itself or by all of its addresses; an
 * address given by `resolve` only by itself; `localhost` must resolve to loopback. Gives the addresses that names may have from now on
 * (`Network.permitted`): those that were allowed and those that allowed names resolve to now. Throws Fault `usage` naming every host at
 * fault at once, and the flag to add.
 */
export async function checkAllowed(
  reach: Reach,
  allowed: readonly string[],
  resolve: Resolve = resolveAll,
): Promise<readonly string[]> {
  const permitted = new Set(allowed.map(plainHost));
  const malformed = allowed
    .filter((entry) => !isHost(entry))
    .map((entry) => `--allow takes a host name or address, not "${entry}"`);
  const given = [...Object.values(reach.connections.resolve), ...(reach.others ?? [])];
  const hosts = [...new Set([...destinationsOf(reach).map(({ host }) => host), ...given].map(plainHost))];
  const judged = await Promise.all(hosts.map((host) => judgeHost(host, permitted, resolve)));
  const refusals = judged.filter((each) => "reason" in each);
  if (refusals.length === 0 && malformed.length === 0)
    return [...new Set([...permitted, ...judged.flatMap((each) => ("addresses" in each ? each.addresses : []))])].filter(
      isAddress,
    );
  const reasons = [...refusals.map(({ reason }) => reason), ...malformed].join("; ");
  throw new Fault("usage", `this run would reach hosts that nobody allowed: ${reasons}`, {
    expected: "loopback (127.0.0.0/8, ::1, localhost), or hosts named by --allow",
    fix: refusals.length === 0 ? "give --allow a bare host" : `add ${refusals.map(({ host }) => `--allow ${host}`).join(" ")}`,
  });
}

interface Refusal {
  readonly host: string;
  readonly reason: string;
}

/** A host that may be reached; where it is a name, at these addresses beside those that are permitted anyway. */
interface Passed {
  readonly addresses: readonly string[];
}

async function judgeHost(host: string, permitted: ReadonlySet<string>, resolve: Resolve): Promise<Refusal | Passed> {
  if (isIP(host) !== 0)
    return permitted.has(host) || isLoopbackAddress(host) ? { addresses: [] } : { host, reason: `${host} is not this machine` };
  let addresses: readonly string[];
  try {
    addresses = (await resolve(host)).map(plainHost);
  } catch (thrown) {
    // A name that was allowed may be known to the proxy alone; if nobody knows it, the first connection will say so.
    return permitted.has(host) ? { addresses: [] } : { host, reason: `${host} does not resolve (${messageOf(thrown)})` };
  }
  if (permitted.has(host)) return { addresses };
  return addressesPass(host, addresses, permitted)
    ? { addresses: [] }
    : { host, reason: `${host} resolves to ${addresses.join(", ") || "nothing"}` };
}

/** Only `localhost` may pass for being loopback: any other name can be pointed elsewhere by whoever owns its zone. */
function addressesPass(host: string, addresses: readonly string[], permitted: ReadonlySet<string>): boolean {
  return addresses.length > 0 && addresses.every((address) => addressPasses(host, address, permitted));
}

/**
 * Whether a name may have this address: one of those permitted, as {@link checkAllowed} gives them; or, where the name is `localhost`,
 * this machine. Any spelling of either will do.
 */
export function addressPasses(name: string, address: string, permitted: ReadonlySet<string>): boolean {
  const plain = plainHost(address);
  return permitted.has(plain) || (plainHost(name) === "localhost" && isLoopbackAddress(plain));
}

function isAddress(plain: string): boolean {
  return isIP(plain) !== 0;
}

function isLoopbackAddress(plain: string): boolean {
  const family = isIP(plain);
  return family !== 0 && loopback.check(plain, family === 4 ? "ipv4" : "ipv6");
}

async function resolveAll(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** One spelling per host: lower case, no brackets, no root dot, addresses as the URL standard writes them. */
function plainHost(host: string): string {
  const bare = host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  const url = `http://${isIP(bare) === 6 ? `[${bare}]` : bare}/`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : bare;
}

function isHost(entry: string): boolean {
  const bare = entry.trim().replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 || /^[a-z0-9_.-]+$/i.test(bare);
}
