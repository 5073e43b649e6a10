import { ApiError, apiErrors } from "./api-error.ts";
import { parsePlace, samePlace } from "./address.ts";
import { ForwardingProxy } from "./forwarding-proxy.ts";
import { objectOf } from "./toxic.ts";

/** Proxies of one process: each has a port of its own. */
const proxiesMax = 1_000;

/** What a request's body says of a proxy. */
interface Wanted {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
}

/** All proxies, by name. Its methods throw ApiError; whoever calls them does so one at a time. */
export class ProxyCollection {
  readonly #proxies = new Map<string, ForwardingProxy>();
  readonly #isAllowed: (host: string) => boolean;

  /** `isAllowed` says of a host whether a proxy may listen there or lead there. */
  constructor(isAllowed: (host: string) => boolean) {
    this.#isAllowed = isAllowed;
  }

  get all(): readonly ForwardingProxy[] {
    return [...this.#proxies.values()];
  }

  get(name: string): ForwardingProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw apiErrors.proxyNotFound();
    return proxy;
  }

  async create(body: unknown): Promise<ForwardingProxy> {
    const wanted = this.#read(body, { name: "", listen: "", upstream: "", enabled: true });
    if (this.#proxies.has(wanted.name)) throw apiErrors.proxyExists();
    return this.#add(wanted);
  }

  /** Creates or replaces; those that are there at the same addresses are left as they are. Gives all that were named. */
  async populate(body: unknown): Promise<ForwardingProxy[]> {
    if (!Array.isArray(body)) throw apiErrors.badBody("expected a list of proxies");
    const wanted = body.map((one: unknown) => this.#read(one, { name: "", listen: "", upstream: "", enabled: true }));
    const proxies: ForwardingProxy[] = [];
    for (const one of wanted) proxies.push(await this.#addOrReplace(one));
    return proxies;
  }

  /** Changes addresses, which cuts connections, or takes a proxy down or up. */
  async update(name: string, body: unknown): Promise<ForwardingProxy> {
    const proxy = this.get(name);
    const { state } = proxy;
    const wanted = { ...this.#read(body, state), name };
    if (!samePlace(wanted.listen, state.listen) || !samePlace(wanted.upstream, state.upstream))
      await proxy.move(wanted.listen, wanted.upstream);
    await (wanted.enabled ? proxy.start() : proxy.stop());
    return proxy;
  }

  async remove(name: string): Promise<void> {
    await this.get(name).stop();
    this.#proxies.delete(name);
  }

  /** Enables all proxies and removes all toxics. */
  async reset(): Promise<void> {
    for (const proxy of this.all) {
      await proxy.start();
      proxy.removeToxics();
    }
  }

  /** Stops all proxies and forgets them. */
  async clear(): Promise<void> {
    for (const { name } of this.all) await this.remove(name);
  }

  async #addOrReplace(wanted: Wanted): Promise<ForwardingProxy> {
    const before = this.#proxies.get(wanted.name);
    if (before === undefined) return this.#add(wanted);
    const { listen, upstream } = before.state;
    if (samePlace(listen, wanted.listen) && samePlace(upstream, wanted.upstream)) return before;
    await this.remove(wanted.name);
    return this.#add(wanted);
  }

  async #add({ name, listen, upstream, enabled }: Wanted): Promise<ForwardingProxy> {
    if (this.#proxies.size >= proxiesMax) throw new ApiError(`more than ${proxiesMax} proxies`, 400);
    const proxy = new ForwardingProxy(name, listen, upstream);
    if (enabled) await proxy.start();
    this.#proxies.set(name, proxy);
    return proxy;
  }

  #read(body: unknown, before: Wanted): Wanted {
    const given = objectOf(body, "a proxy: { name, listen, upstream, enabled }");
    const text = (field: "name" | "listen" | "upstream"): string => {
      const value = given[field] ?? before[field];
      if (typeof value !== "string") throw apiErrors.badBody(`${field} must be a string`);
      return value;
    };
    const enabled = given["enabled"] ?? before.enabled;
    if (typeof enabled !== "boolean") throw apiErrors.badBody("enabled must be true or false");
    const wanted = { name: text("name"), listen: text("listen"), upstream: text("upstream"), enabled };
    if (wanted.name === "") throw apiErrors.missing("name");
    if (wanted.upstream === "") throw apiErrors.missing("upstream");
    for (const place of [wanted.listen, wanted.upstream]) if (place !== "") this.#refuseStrange(place);
    return wanted;
  }

  #refuseStrange(place: string): void {
    const { host } = parsePlace(place);
    if (this.#isAllowed(host)) return;
    const shown = host === "" ? ":: (every address)" : host;
    throw new ApiError(
      `${place}: ${shown} is not this machine; start peakproof proxy with --allow ${host === "" ? "::" : host}`,
      403,
    );
  }
}
