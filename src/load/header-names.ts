import { ownHeaders } from "../scenario/request.ts";

/** What a request's builder needs to know of a header by its name. */
export interface HeaderName {
  /** The line up to its value. */
  readonly begin: string;
  /** `idempotency-key`. */
  readonly isKey: boolean;
  readonly isCookie: boolean;
}

/** Names that are remembered: a scenario has a handful, and one that makes them up must not fill the memory. */
const rememberedMax = 1_000;

/** A token of RFC 9110, section 5.6.2. */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

/** Looks at each header name once. */
export class HeaderNames {
  readonly #known = new Map<string, HeaderName>();

  /** Throws RangeError for a name that could forge a header, and for one that Peakproof sets itself. */
  of(name: string): HeaderName {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (!token.test(name)) throw new RangeError(`${JSON.stringify(name)} is no header name`);
    const lower = name.toLowerCase();
    if (ownHeaders.has(lower)) throw new RangeError(`Peakproof sets the header ${JSON.stringify(name)} itself`);
    const header = { begin: `${name}: `, isKey: lower === "idempotency-key", isCookie: lower === "cookie" };
    if (this.#known.size < rememberedMax) this.#known.set(name, header);
    return header;
  }
}
