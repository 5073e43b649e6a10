import { headerOf } from "../wire/head.ts";
import type { Flight } from "./flight.ts";
import { joinCookies, type BuiltRequest } from "./requests.ts";
import type { Site } from "./sites.ts";

/** Where a request is to go next: the same one as before, or a GET. */
export interface Hop {
  readonly site: Site;
  readonly method: string;
  readonly path: string;
}

/** Why a redirect could not be followed, as an error key. */
export type RedirectError = "redirect:other-origin" | "redirect:malformed";

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Where a reply sends a request on to: by RFC 9110, section 15.4, with methods changed as the Fetch standard does ("HTTP-redirect
 * fetch"): 303 makes a GET of everything but HEAD, 301 and 302 of a POST, 307 and 308 keep what there was. Null: the reply is no
 * redirect that says where to. An origin outside the targets is an error: load goes nowhere else.
 */
export function hopAfter(status: number, head: string, from: Hop, sites: readonly Site[]): Hop | RedirectError | null {
  const location = redirects.has(status) ? headerOf(head, "location") : undefined;
  if (location === undefined) return null;
  const to = URL.parse(location, from.site.face + from.path);
  if (to === null) return "redirect:malformed";
  const isAt = ({ face, origin }: Site): boolean => to.origin === face || to.origin === origin;
  const site = isAt(from.site) ? from.site : sites.find(isAt);
  if (site === undefined) return "redirect:other-origin";
  return { site, method: methodAfter(status, from.method), path: to.pathname + to.search };
}

function methodAfter(status: number, method: string): string {
  if (status === 303) return method === "HEAD" ? "HEAD" : "GET";
  return method === "POST" && (status === 301 || status === 302) ? "GET" : method;
}

/** Fields that speak of a body, which a request that has become a GET no longer has (Fetch standard, "request-body-header name"). */
const ofBody = new Set(["content-length", "content-type", "content-encoding", "content-language", "content-location"]);
/** Fields that are meant for one site only. */
const ofSite = new Set(["authorization", "proxy-authorization"]);

/**
 * The text of a request as it goes to a hop: the same tag, headers and body, unless the hop says otherwise. `cookies` are those of its
 * journey as they are by now; the scenario's own go with them, but to no other site.
 */
export function hopText(built: BuiltRequest, hop: Hop, cookies: string): string {
  const end = built.text.indexOf("\r\n\r\n");
  const lostBody = hop.method !== built.method;
  const lines = built.text.slice(0, end).split("\r\n").slice(2);
  const kept = lines.filter((line) => {
    const name = line.slice(0, line.indexOf(":")).toLowerCase();
    return name !== "cookie" && !(lostBody && ofBody.has(name)) && !(hop.site !== built.site && ofSite.has(name));
  });
  const begin = [`${hop.method} ${hop.path} HTTP/1.1`, `host: ${hop.site.host}`];
  const sent = joinCookies(hop.site === built.site ? built.ownCookies : "", cookies);
  const last = sent === "" ? [] : [`cookie: ${sent}`];
  return `${[...begin, ...kept, ...last].join("\r\n")}\r\n\r\n${lostBody ? "" : built.text.slice(end + 4)}`;
}

/** A flight that has been sent on: where it is now, and what it has to look like in the end. */
interface Trail {
  hop: Hop;
  hops: number;
  readonly sentUs: number;
  readonly dispatchedUs: number;
}

/**
 * Sends flights on where their replies say so. All hops are one request: it was sent when the first was, and is done when the last is.
 */
export class RedirectFollower {
  readonly #sites: readonly Site[];
  readonly #trails = new Map<Flight, Trail>();

  constructor(sites: readonly Site[]) {
    this.#sites = sites;
  }

  /**
   * Where a flight with a reply goes on to, if it goes on, made ready for that; why it cannot; or null: the reply stands. At most
   * `most` redirects are followed, which also ends loops.
   */
  follow(flight: Flight, most: number, nowUs: number): Site | RedirectError | null {
    const trail = this.#trails.get(flight);
    if (flight.error !== null || (trail?.hops ?? 0) >= most) return null;
    const hop = hopAfter(flight.status, flight.head, trail?.hop ?? flight.built, this.#sites);
    if (hop === null || typeof hop === "string") return hop;
    if (trail === undefined) this.#trails.set(flight, { hop, hops: 1, sentUs: flight.sentUs, dispatchedUs: flight.dispatchedUs });
    else Object.assign(trail, { hop, hops: trail.hops + 1 });
    flight.request = hopText(flight.built, hop, flight.session?.cookies?.headerFor(hop.site.face + hop.path) ?? "");
    flight.isHead = hop.method === "HEAD";
    flight.dispatchedUs = nowUs;
    return hop.site;
  }

  /** The URL that a flight's reply came from. */
  urlOf(flight: Flight): string {
    const { site, path } = this.#trails.get(flight)?.hop ?? flight.built;
    return site.face + path;
  }

  /** A flight goes no further: its instants are those of the whole way. Whether it had been sent on at all. */
  end(flight: Flight): boolean {
    const trail = this.#trails.get(flight);
    if (trail === undefined) return false;
    this.#trails.delete(flight);
    flight.sentUs = trail.sentUs;
    flight.dispatchedUs = trail.dispatchedUs;
    return true;
  }
}
