import type { Dispatcher } from "undici";
import type { Exchange } from "../exchange.ts";
import type { Route } from "./route.ts";

/** A request as undici takes it. */
export interface RequestOptions extends Dispatcher.DispatchOptions {
  /** Not in undici's types. The same for all requests of a client, or undici would open a connection of its own for each name. */
  readonly servername: string;
}

/**
 * Fields that belong to the connection, which is undici's: it sets what of them is needed in HTTP/1.1, and HTTP/2 has none of them
 * (RFC 9113, section 8.2.2).
 */
const connectionFields = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Reads the HTTP/1.1 text of exchanges back into its parts. The latest is kept, since many senders repeat one request. */
export class RequestReader {
  readonly #route: Route;
  #text = "";
  #encoding: Exchange["encoding"] = "latin1";
  #options: RequestOptions | null = null;

  constructor(route: Route) {
    this.#route = route;
  }

  read({ request, encoding }: Exchange): RequestOptions {
    if (this.#options === null || request !== this.#text || encoding !== this.#encoding) {
      this.#options = optionsOf(request, encoding, this.#route);
      this.#text = request;
      this.#encoding = encoding;
    }
    return this.#options;
  }
}

function optionsOf(text: string, encoding: Exchange["encoding"], { pathPrefix, identity }: Route): RequestOptions {
  const headEnd = text.indexOf("\r\n\r\n");
  const [requestLine = "", ...fields] = wireText(text.slice(0, headEnd), encoding).split("\r\n");
  const [method = "", path = ""] = requestLine.split(" ");
  const headers: string[] = [];
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    if (!connectionFields.has(name)) headers.push(name, field.slice(colon + 1).trim());
  }
  const body = headEnd + 4 === text.length ? null : Buffer.from(text.slice(headEnd + 4), encoding);
  return { method, path: pathPrefix + path, headers, body, servername: identity };
}

/** undici writes a head as Latin-1: what was to be UTF-8 becomes one character per byte. */
function wireText(head: string, encoding: Exchange["encoding"]): string {
  return encoding === "latin1" ? head : Buffer.from(head, encoding).toString("latin1");
}
