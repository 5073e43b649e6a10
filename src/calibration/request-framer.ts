/** Longest head that is waited for: a client that sends more is none of ours. */
const headBytesMax = 1024 * 1024;

/** Finds the requests in the bytes of one connection, no more of them than an answer needs. Bodies have a length: ours always do. */
export class RequestFramer {
  readonly #found: (isHead: boolean, isLast: boolean) => void;
  /** Begin of a head whose end has not come. */
  #begun: Buffer | null = null;
  /** Bytes of the body under way that have not come. */
  #missing = 0;
  #isHead = false;
  #isLast = false;

  /** `found` is called for each request when its last byte has come: whether it is a HEAD, and whether it ends the connection. */
  constructor(found: (isHead: boolean, isLast: boolean) => void) {
    this.#found = found;
  }

  /** Throws RangeError where a head does not end. */
  push(bytes: Buffer): void {
    const all = this.#begun === null ? bytes : Buffer.concat([this.#begun, bytes]);
    this.#begun = null;
    for (let at = 0; at < all.length;) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, all.length - at);
        this.#missing -= taken;
        at += taken;
      } else {
        const end = all.indexOf("\r\n\r\n", at);
        if (end === -1) return this.#keep(all.subarray(at));
        this.#read(all.toString("latin1", at, end));
        at = end + 4;
      }
      if (this.#missing === 0) this.#found(this.#isHead, this.#isLast);
    }
  }

  #read(head: string): void {
    this.#isHead = head.startsWith("HEAD ");
    this.#isLast = closing.test(head);
    this.#missing = Number(bodyLength.exec(head)?.[1] ?? 0);
  }

  #keep(begun: Buffer): void {
    if (begun.length > headBytesMax) throw new RangeError(`a head of more than ${headBytesMax} bytes`);
    this.#begun = begun;
  }
}

const bodyLength = /\r\ncontent-length: *(\d+)/i;
const closing = /\r\nconnection: *close/i;
