import type { Network } from "../model/plan.ts";
import { mix, streams } from "../model/random.ts";

/** One of a run's targets, as requests address it. */
export interface Site {
  /** Index into the plan's targets. */
  readonly target: number;
  /** `Host` header: without a port where it is the scheme's own. */
  readonly host: string;
  /** Where it is: `http://127.0.0.1:8460`. */
  readonly origin: string;
  /** Where it believes to be, by the `Host` header that it is sent: `https://health.example`. Cookies and redirects go by this. */
  readonly face: string;
}

/** The sites of a plan, one for each target. */
export function sitesOf(targets: readonly string[], { host }: Pick<Network, "host">): Site[] {
  return targets.map((address, target) => {
    const url = new URL(address);
    const shown = host ?? url.host;
    return { target, host: shown, origin: url.origin, face: new URL(`${url.protocol}//${shown}`).origin };
  });
}

/**
 * Which of several targets a request goes to: drawn from the low word of its number, so that all requests of a journey (numbered
 * n + step x 2^32) and all attempts go to one. Not taken in turn: of two workers each has every other number, so that it would have but
 * one of two targets and half of its connections.
 */
export function siteAt(sites: readonly Site[], seed: number, index: number): Site {
  const site = sites.length === 1 ? sites[0] : sites[mix(seed, streams.target, index >>> 0) % sites.length];
  if (site === undefined) throw new RangeError("no target");
  return site;
}
