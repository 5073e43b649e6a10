import type { Reply } from "../model/scenario.ts";
import { decodeBody } from "../wire/decode.ts";
import type { Exchange } from "../wire/exchange.ts";
import { headersOf } from "../wire/head.ts";

/** Most bytes that a compressed body may grow to: the transport's own limit for one that is not compressed. */
const decodedBytesMax = 16_777_216;

/** A reply with its head and body, as the transport hands it over. */
export type RawReply = Pick<Exchange, "status" | "head" | "body">;

/** The reply for checks. Its parts are made when they are asked for: `body` and `json` throw where the body is not what it says. */
export function replyOf(raw: RawReply): Reply {
  return new LazyReply(raw);
}

class LazyReply implements Reply {
  readonly status: number;
  readonly #raw: RawReply;
  #headers: Readonly<Record<string, string>> | undefined;
  #body: string | undefined;
  #json: unknown;

  constructor(raw: RawReply) {
    this.status = raw.status;
    this.#raw = raw;
  }

  get headers(): Readonly<Record<string, string>> {
    return (this.#headers ??= headersOf(this.#raw.head));
  }

  get body(): string {
    const { body } = this.#raw;
    if (body === null) return "";
    return (this.#body ??= decodeBody(body, this.headers["content-encoding"], decodedBytesMax).toString("utf8"));
  }

  // oxlint-disable-next-line no-explicit-any -- the author of a scenario knows the target's replies; we do not.
  get json(): any {
    return (this.#json ??= JSON.parse(this.body));
  }
}

/** The begin of a reply's body for people to read, at most so many characters; it says so where the body cannot be decoded. */
export function bodyText(raw: RawReply, charactersMax: number): string {
  try {
    return replyOf(raw).body.slice(0, charactersMax);
  } catch (thrown) {
    return `(${String(thrown)})`;
  }
}
