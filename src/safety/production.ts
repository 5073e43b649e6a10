/**
 * Whether a host looks like production by its name. A guess about names, and so a question to the person at the terminal and never a
 * reason to let anything pass: what may be reached at all, the allow list says.
 */
import { isIP } from "node:net";
import { isLoopbackHost } from "./allow.ts";
import { destinationOf, type Reach } from "./destinations.ts";

/** Words of a host name that people use for what real users see. */
const productionWords = new Set(["prod", "production", "prd", "live", "www"]);

/** Words for what is there to be tried: with one of them, a name is not production whatever else is in it (`www.staging.example`). */
const trialWords = new Set(
  `staging stage stg pre preprod preproduction non nonprod nonproduction uat qa sandbox demo
   test testing tst dev devel development ci perf loadtest localhost`.split(/\s+/),
);

/** What of a plan names its servers. */
export type Named = Reach & { readonly connections: { readonly host: string | null } };

/** Last labels that are no country's and no shop's but for trying things (RFC 6761); of others, `www.example.qa` and `.dev` are real places. */
const trialDomains = /\.(?:test|localhost)$/;

/** `www.example.com`, `api-prod2.internal`, `live.example.com`; not `www.staging.example.com`, `nonprod.example.com` or an address. */
export function looksLikeProduction(host: string): boolean {
  if (isIP(host) !== 0) return false;
  // `prod2` and `eu1prod` are production, too; `product` and `olive` are not.
  const name = host.toLowerCase();
  if (trialDomains.test(name) || !wordsOf(name).some((word) => productionWords.has(word))) return false;
  return !wordsOf(name.replace(/\.[^.]+$/, "")).some((word) => trialWords.has(word));
}

function wordsOf(name: string): string[] {
  return name.split(/[^a-z]+/);
}

/**
 * Hosts of a run that look like production, each once: targets, admin address, proxy, the names to which `resolve` gives an address, the
 * `Host` that is sent, and what is reached besides: databases that are swept or asked for canaries, the API of proxies. The name counts, whatever address it was given: a certificate, or a virtual host, goes by it.
 */
export function productionHosts({ targets, admin, connections, others = [] }: Named): string[] {
  const { proxy, resolve, host } = connections;
  const origins = [...targets, admin, ...(proxy === null ? [] : [proxy])];
  const hosts = [
    ...origins.map((origin) => hostIn(destinationOf(origin, {}, "address").name)),
    ...Object.keys(resolve).map(hostIn),
    ...(host === null ? [] : [hostIn(host)]),
    ...others.map(hostIn),
  ];
  return [...new Set(hosts)].filter((name) => !isLoopbackHost(name) && looksLikeProduction(name));
}

/** The host of `host:port`. */
function hostIn(name: string): string {
  return name
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
}
