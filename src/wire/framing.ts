import { decimalOf, fieldColon, isWord, memberEnd, skipSpace, trimSpace } from "./grammar.ts";

const contentLengthName = Buffer.from("content-length");
const transferEncodingName = Buffer.from("transfer-encoding");
const connectionName = Buffer.from("connection");
const keepAliveWord = Buffer.from("keep-alive"); // both a field's name and a member of `Connection`
const closeWord = Buffer.from("close");
const chunkedWord = Buffer.from("chunked");
const timeoutWord = Buffer.from("timeout=");

/** What the fields of a head say about where the reply ends and what becomes of the connection. All other fields pass by unread. */
export class Framing {
  /** -1: not given. */
  contentLength = -1;
  /** `other`: a coding without an end of its own, so the reply ends with the connection (RFC 9112, section 6.3). */
  coding: "none" | "chunked" | "other" = "none";
  saysClose = false;
  saysKeepAlive = false;
  /** `Keep-Alive: timeout`, in microseconds; -1: not given. */
  keepAliveUs = -1;

  renew(): void {
    this.contentLength = -1;
    this.coding = "none";
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.keepAliveUs = -1;
  }

  /** Takes in one field line without its line end. Returns what is wrong with it, or null. */
  field(bytes: Buffer, from: number, to: number): string | null {
    const colon = fieldColon(bytes, from, to);
    if (colon === -1) return "header";
    switch (colon - from) {
      case connectionName.length:
        if (isWord(bytes, from, colon, connectionName)) this.#connection(bytes, colon + 1, to);
        else if (isWord(bytes, from, colon, keepAliveWord)) this.#keepAlive(bytes, colon + 1, to);
        return null;
      case contentLengthName.length:
        return isWord(bytes, from, colon, contentLengthName) ? this.#contentLength(bytes, colon + 1, to) : null;
      case transferEncodingName.length:
        if (isWord(bytes, from, colon, transferEncodingName)) this.#transferEncoding(bytes, colon + 1, to);
        return null;
      default:
        return null;
    }
  }

  /** The same length twice is one length (RFC 9110, section 8.6); two different ones are an attack or a fault. */
  #contentLength(bytes: Buffer, from: number, to: number): string | null {
    const start = skipSpace(bytes, from, to);
    const value = decimalOf(bytes, start, trimSpace(bytes, start, to));
    if (value === -1 || (this.contentLength !== -1 && this.contentLength !== value)) return "content-length";
    this.contentLength = value;
    return null;
  }

  /** The last coding decides, over all fields of that name; none at all has no end of its own either. */
  #transferEncoding(bytes: Buffer, from: number, to: number): void {
    if (this.coding === "none") this.coding = "other";
    for (let at = from; at < to; at = memberEnd(bytes, at, to) + 1) {
      const start = skipSpace(bytes, at, to);
      const end = trimSpace(bytes, start, memberEnd(bytes, start, to));
      if (start < end) this.coding = isWord(bytes, start, end, chunkedWord) ? "chunked" : "other";
    }
  }

  #connection(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at = memberEnd(bytes, at, to) + 1) {
      const start = skipSpace(bytes, at, to);
      const end = trimSpace(bytes, start, memberEnd(bytes, start, to));
      if (isWord(bytes, start, end, keepAliveWord)) this.saysKeepAlive = true;
      else if (isWord(bytes, start, end, closeWord)) this.saysClose = true;
    }
  }

  /** `timeout=<seconds>` among comma-separated parameters; anything else is a hint we do not follow. */
  #keepAlive(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at = memberEnd(bytes, at, to) + 1) {
      const start = skipSpace(bytes, at, to);
      const digits = start + timeoutWord.length;
      if (!isWord(bytes, start, digits, timeoutWord)) continue;
      const seconds = decimalOf(bytes, digits, trimSpace(bytes, digits, memberEnd(bytes, digits, to)));
      if (seconds !== -1) this.keepAliveUs = seconds * 1_000_000;
    }
  }
}
