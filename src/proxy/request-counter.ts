/**
 * Counts the HTTP/1.1 requests in the bytes that a client sends, wherever they are cut, and keeps of them no more than one line. A
 * request counts when its head is complete. Source of the framing: RFC 9112, sections 2, 6 and 7.1.
 */

/** Longest line that is waited for: four times what Node, and twice what nginx, accept as a whole head by default. */
const lineBytesMax = 64 * 1024;

const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} \S+ HTTP\/1\.[01]$/;
const chunkSize = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i;

// oxlint-disable-next-line no-control-regex -- TLS and most binary protocols begin with one; a request line never holds one.
const controlCharacter = /[\x00-\x08\x0e-\x1f]/;

/** What the next line is, where one is awaited. */
type Line = "request" | "header" | "chunk-size" | "chunk-end" | "trailer";

export class RequestCounter {
  /** Requests so far. */
  count = 0;
  /** The bytes are no HTTP/1.1, or not any more (TLS, HTTP/2, another protocol, an upgrade): nothing is counted from there on. */
  isOpaque = false;
  #line: Line = "request";
  /** Begin of a line whose end has not come. */
  #begun = "";
  /** Bytes of a body that are passed over before the next line. */
  #skip = 0;
  #bodyBytes = 0;
  #isChunked = false;

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.isOpaque) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else at = this.#readLine(bytes, at);
    }
  }

  /** Takes a line, or what there is of one; gives the place after it. */
  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at);
    const part = bytes.toString("latin1", at, end === -1 ? bytes.length : end);
    if (this.#begun.length + part.length > lineBytesMax) this.isOpaque = true;
    else this.#begun += part;
    if (end === -1) {
      // What begins like no request will not end like one: without this, another protocol's bytes would be kept up to the bound.
      if (this.#line === "request" && controlCharacter.test(part)) this.isOpaque = true;
      return bytes.length;
    }
    const line = this.#begun.endsWith("\r") ? this.#begun.slice(0, -1) : this.#begun;
    this.#begun = "";
    if (!this.isOpaque) this.#take(line);
    return end + 1;
  }

  #take(line: string): void {
    if (this.#line === "request") this.#takeRequestLine(line);
    else if (this.#line === "header") this.#takeHeader(line);
    else if (this.#line === "chunk-size") this.#takeChunkSize(line);
    else if (this.#line === "chunk-end") this.#line = "chunk-size";
    else if (line === "") this.#line = "request";
  }

  /** An empty line before it is forgiven, as RFC 9112 section 2.2 asks. */
  #takeRequestLine(line: string): void {
    if (line === "") return;
    this.isOpaque = !requestLine.test(line);
    this.#line = "header";
    this.#bodyBytes = 0;
    this.#isChunked = false;
  }

  #takeHeader(line: string): void {
    if (line === "") return this.#endHead();
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "transfer-encoding") this.#isChunked = /(?:^|,)\s*chunked$/i.test(value);
    if (name === "content-length") {
      this.#bodyBytes = Number(value);
      this.isOpaque = !/^\d{1,15}$/.test(value);
    }
  }

  #endHead(): void {
    this.count += 1;
    this.#line = this.#isChunked ? "chunk-size" : "request";
    this.#skip = this.#isChunked ? 0 : this.#bodyBytes;
  }

  #takeChunkSize(line: string): void {
    const size = chunkSize.exec(line)?.[1];
    if (size === undefined) {
      this.isOpaque = true;
      return;
    }
    this.#skip = Number.parseInt(size, 16);
    this.#line = this.#skip === 0 ? "trailer" : "chunk-end";
  }
}
