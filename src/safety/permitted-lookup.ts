/**
 * The allow list judges names before a run, and whoever owns a name's zone can point it elsewhere a second later (DNS rebinding, a
 * failover). So every connection of a run looks its name up through here, and goes nowhere that was not permitted then.
 */
import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Network } from "../model/plan.ts";
import { addressPasses } from "./allow.ts";

/** Code of the error of a lookup whose answer is not permitted: `connect:NOT_ALLOWED` among the errors of a run. */
export const notAllowedCode = "NOT_ALLOWED";

/** What to do about one. */
export const notAllowedFix = "run it again, so that the allow list is judged by the new address";

/**
 * The `lookup` of a network for `net.connect` and what stands on it; nothing where any address will do. An answer with one address that is
 * not permitted is refused as a whole. A host that is an address itself is never looked up: it was judged before the run.
 */
export function permittedLookup(
  { permitted }: Pick<Network, "permitted">,
  lookup: LookupFunction = dnsLookup,
): { readonly lookup?: LookupFunction } {
  if (permitted === undefined) return {};
  const addresses = new Set(permitted);
  return {
    lookup: (name, options, callback) =>
      lookup(name, options, (error, answer, family) => {
        const strangers = error === null ? listOf(answer).filter((address) => !addressPasses(name, address, addresses)) : [];
        if (strangers.length === 0) callback(error, answer, family);
        else callback(refusal(name, strangers), options.all === true ? [] : "", family);
      }),
  };
}

function listOf(answer: string | LookupAddress[]): string[] {
  return typeof answer === "string" ? [answer] : answer.map(({ address }) => address);
}

function refusal(name: string, strangers: readonly string[]): NodeJS.ErrnoException {
  const message = `${name} now resolves to ${strangers.join(", ")}, where nobody allowed this run to go`;
  return Object.assign(new Error(message), { code: notAllowedCode });
}
