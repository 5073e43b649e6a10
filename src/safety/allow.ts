/**
 * The allow list: load goes to this machine unless its owner named the host. It guards against a slip of the hand (a copied
 * scenario whose target is production), so it judges both what was typed and what the name resolves to.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { Fault, messageOf } from "../model/fault.ts";

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
 * Refuses a target or an admin address outside loopback (127.0.0.0/8, ::1, localhost) that `--allow` does not name. A name is
 * allowed by itself or by all of its addresses; `localhost` must resolve to loopback. Throws Fault `usage` naming every host at
 * fault at once, and the flag to add.
 */
export async function checkTarget(
  target: string,
  admin: string,
  allowed: readonly string[],
  resolve: Resolve = resolveAll,
): Promise<void> {
  const permitted = new Set(allowed.map(plainHost));
  const malformed = allowed
    .filter((entry) => !isHost(entry))
    .map((entry) => `--allow takes a host name or address, not "${entry}"`);
  const hosts = [...new Set([hostOf(target, "target"), hostOf(admin, "admin")])];
  const refusals = (await Promise.all(hosts.map((host) => refusalOf(host, permitted, resolve)))).filter(
    (refusal) => refusal !== null,
  );
  if (refusals.length === 0 && malformed.length === 0) return;
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

async function refusalOf(host: string, permitted: ReadonlySet<string>, resolve: Resolve): Promise<Refusal | null> {
  if (permitted.has(host) || isLoopbackAddress(host)) return null;
  if (isIP(host) !== 0) return { host, reason: `${host} is not this machine` };
  let addresses: readonly string[];
  try {
    addresses = await resolve(host);
  } catch (thrown) {
    return { host, reason: `${host} does not resolve (${messageOf(thrown)})` };
  }
  return addressesPass(host, addresses, permitted)
    ? null
    : { host, reason: `${host} resolves to ${addresses.join(", ") || "nothing"}` };
}

/** Only `localhost` may pass for being loopback: any other name can be pointed elsewhere by whoever owns its zone. */
function addressesPass(host: string, addresses: readonly string[], permitted: ReadonlySet<string>): boolean {
  const passes = (address: string): boolean =>
    permitted.has(plainHost(address)) || (host === "localhost" && isLoopbackAddress(plainHost(address)));
  return addresses.length > 0 && addresses.every(passes);
}

function isLoopbackAddress(plain: string): boolean {
  const family = isIP(plain);
  return family !== 0 && loopback.check(plain, family === 4 ? "ipv4" : "ipv6");
}

async function resolveAll(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function hostOf(address: string, role: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || url.hostname === "" || !/^https?:$/.test(url.protocol)) {
    throw new Fault("usage", `the ${role} is not an address`, {
      received: redactedAddress(address),
      expected: "http://host:port or https://host:port",
    });
  }
  return plainHost(url.hostname);
}

/** A password in an address must not reach the terminal. */
function redactedAddress(address: string): string {
  return address.replace(/\/\/[^/]*@/, "//[redacted]@");
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
