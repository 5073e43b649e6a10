import { ByteStore } from "./byte-store.ts";
import { Framing } from "./framing.ts";
import { chunkSizeOf, fieldColon, minorVersionOf, statusOf } from "./grammar.ts";

/** Bounds of a reply. */
export interface ReplyLimits {
  /** Most bytes of a head with the interim heads before it, of the lines around a chunk, and of the last chunk's line and trailers. */
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
}

// What the next byte belongs to. Below `inLength`, the reply's head; numbers, since the loop compares them for every line.
const inStatusLine = 0;
const inFields = 1;
const inLength = 2;
const inChunk = 3;
const untilClose = 4;
const inChunkSize = 5;
const afterChunk = 6;
const inTrailers = 7;
const complete = 8;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Reads one HTTP/1.1 reply from whatever pieces the socket gives, and the next one after `begin`. The verdict does not depend on
 * where the pieces are cut: outside of bodies only complete lines are judged, and a line in several pieces is put together first.
 * It never throws; what it refuses is named in `error`.
 */
export class ResponseParser {
  /** 0 until the status line of the final reply. */
  status = 0;
  head = "";
  body: Buffer | null = null;
  bodyBytes = 0;
  error: `reading:malformed-${string}` | "reading:too-large" | null = null;
  /** Whether the connection may carry another request. */
  keepAlive = false;

  readonly #limits: ReplyLimits;
  readonly #framing = new Framing();
  /** The beginning of a line whose end has not come yet. */
  readonly #partialLine = new ByteStore();
  readonly #bodyStore = new ByteStore();
  #state = complete;
  #isHead = false;
  #keepHead = false;
  #keepBody = false;
  #minorVersion = 1;
  /** Status of the head being read, that of an interim reply too; 0 between them. */
  #code = 0;
  /** Bytes of lines counted against `maxHeadBytes`. */
  #lineBytes = 0;
  /** Bytes of the body, or of the chunk, still to come. */
  #remaining = 0;

  constructor(limits: ReplyLimits) {
    this.#limits = limits;
  }

  /** Error replies are kept in any case: what they say is what their reader needs, and the head says how the body is encoded. */
  get #keepsBody(): boolean {
    return this.#keepBody || this.status >= 400;
  }

  /** A status line in several pieces is kept until it is whole, since only then it is known what it says. */
  get #keepsHead(): boolean {
    return this.#keepHead || this.status >= 400 || this.#state === inStatusLine;
  }

  /** Gets ready for the reply to a request. */
  begin(request: { readonly isHead: boolean; readonly keepHead: boolean; readonly keepBody: boolean }): void {
    this.status = 0;
    this.head = "";
    this.body = null;
    this.bodyBytes = 0;
    this.error = null;
    this.keepAlive = false;
    this.#isHead = request.isHead;
    this.#keepHead = request.keepHead;
    this.#keepBody = request.keepBody;
    this.#code = 0;
    this.#lineBytes = 0;
    this.#partialLine.clear();
    this.#bodyStore.clear();
    this.#state = inStatusLine;
  }

  /** How long the server said it keeps an idle connection, in microseconds; -1: it did not say. */
  get keepAliveUs(): number {
    return this.#framing.keepAliveUs;
  }

  /**
   * Takes in `bytes[from, to)`. True once the reply is complete, or refused: see `error`. Bytes after the end of a reply are never
   * read as another one; they end the connection and leave the reply good (RFC 9112, section 6.3), since they may as well come in a
   * later read, when the reply has been counted. Then they are bytes that nobody asked for, or, if the next request is out already,
   * the beginning of its reply: nothing in HTTP/1.1 tells those two apart.
   */
  feed(bytes: Buffer, from: number, to: number): boolean {
    let at = from;
    while (at < to && this.#state !== complete) {
      if (this.#state < inLength) at = this.#readHead(bytes, at, to);
      else if (this.#state <= untilClose) at = this.#readData(bytes, at, to);
      else at = this.#readLine(bytes, at, to);
    }
    if (at < to) this.keepAlive = false;
    return this.#state === complete;
  }

  /** The server closed its side. True if that is the end of the reply; otherwise it is cut short. */
  end(): boolean {
    if (this.#state === untilClose) this.#finish();
    return this.#state === complete;
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    let at = from;
    do at = this.#readLine(bytes, at, to);
    while (at < to && this.#state === inFields);
    if (this.#keepsHead) this.head += bytes.toString("latin1", from, at);
    else this.head = "";
    if (this.#state === inStatusLine && this.#code !== 0) this.#forgetInterim();
    return at;
  }

  /** Judges the line that begins at `from`, or its first part stored if it has no end yet. Returns where the next one begins. */
  #readLine(bytes: Buffer, from: number, to: number): number {
    let end = from;
    while (end < to && bytes[end] !== lineFeed) end++;
    const next = end < to ? end + 1 : to;
    this.#lineBytes += next - from;
    if (this.#lineBytes > this.#limits.maxHeadBytes) this.#refuse("too-large");
    else if (end === to) this.#partialLine.append(bytes, from, to);
    else if (this.#partialLine.length === 0) this.#judgeLine(bytes, from, end);
    else this.#judgePieces(bytes, from, end);
    return next;
  }

  #judgePieces(bytes: Buffer, from: number, end: number): void {
    const line = this.#partialLine;
    line.append(bytes, from, end);
    this.#judgeLine(line.bytes, 0, line.length);
    line.clear();
  }

  /** `lineEnd` is the index of the line feed; a line without a CR before it is refused, since others may cut it elsewhere. */
  #judgeLine(bytes: Buffer, from: number, lineEnd: number): void {
    const to = lineEnd - 1;
    if (to < from || bytes[to] !== carriageReturn) this.#refuse("malformed-line-end");
    else if (this.#state === inFields) this.#judgeField(bytes, from, to);
    else if (this.#state === inStatusLine) this.#judgeStatusLine(bytes, from, to);
    else if (this.#state === inChunkSize) this.#judgeChunkSize(bytes, from, to);
    else if (this.#state === inTrailers) this.#judgeTrailer(bytes, from, to);
    else if (from === to) this.#awaitChunk();
    else this.#refuse("malformed-chunk");
  }

  #judgeStatusLine(bytes: Buffer, from: number, to: number): void {
    this.#minorVersion = minorVersionOf(bytes, from, to);
    this.#code = this.#minorVersion === -1 ? -1 : statusOf(bytes, from, to);
    this.#framing.renew();
    this.#state = inFields;
    if (this.#code === -1) this.#refuse("malformed-status-line");
    else if (this.#code >= 200) this.status = this.#code;
  }

  #judgeField(bytes: Buffer, from: number, to: number): void {
    if (from === to) {
      this.#endHead();
      return;
    }
    const fault = this.#framing.field(bytes, from, to);
    if (fault !== null) this.#refuse(`malformed-${fault}`);
  }

  /** The head is complete: decides where the body ends (RFC 9112, section 6.3). */
  #endHead(): void {
    const { contentLength, coding, saysClose, saysKeepAlive } = this.#framing;
    const code = this.#code;
    this.keepAlive = !saysClose && (this.#minorVersion === 1 || saysKeepAlive);
    if (contentLength !== -1 && coding !== "none") this.#refuse("malformed-transfer-encoding");
    else if (code === 101) this.#refuse("malformed-upgrade");
    else if (code < 200) this.#state = inStatusLine;
    else if (this.#isHead || code === 204 || code === 304) this.#finish();
    else if (coding === "chunked") this.#awaitChunk();
    else if (contentLength > this.#limits.maxBodyBytes) this.#refuse("too-large");
    else if (contentLength === 0) this.#finish();
    else if (contentLength > 0) this.#awaitData(inLength, contentLength);
    else {
      this.keepAlive = false;
      this.#awaitData(untilClose, Number.POSITIVE_INFINITY);
    }
  }

  /** An interim reply (1xx) ended: the final one is still to come. */
  #forgetInterim(): void {
    this.#code = 0;
    this.head = "";
  }

  #awaitData(state: number, bytes: number): void {
    this.#state = state;
    this.#remaining = bytes;
  }

  #awaitChunk(): void {
    this.#state = inChunkSize;
    this.#lineBytes = 0;
  }

  #judgeChunkSize(bytes: Buffer, from: number, to: number): void {
    const size = chunkSizeOf(bytes, from, to);
    if (size === -1) this.#refuse("malformed-chunk");
    else if (this.bodyBytes + size > this.#limits.maxBodyBytes) this.#refuse("too-large");
    else if (size === 0) this.#state = inTrailers;
    else this.#awaitData(inChunk, size);
  }

  /** Trailers are checked like fields and mean nothing to us. */
  #judgeTrailer(bytes: Buffer, from: number, to: number): void {
    if (from === to) this.#finish();
    else if (fieldColon(bytes, from, to) === -1) this.#refuse("malformed-trailer");
  }

  #readData(bytes: Buffer, from: number, to: number): number {
    const end = to - from > this.#remaining ? from + this.#remaining : to;
    this.bodyBytes += end - from;
    this.#remaining -= end - from;
    if (this.bodyBytes > this.#limits.maxBodyBytes) this.#refuse("too-large");
    else if (this.#keepsBody) this.#bodyStore.append(bytes, from, end);
    if (this.#remaining === 0) this.#endData();
    return end;
  }

  #endData(): void {
    if (this.#state === inLength) this.#finish();
    else this.#state = afterChunk;
  }

  #finish(): void {
    this.#state = complete;
    if (this.#keepsBody) this.body = this.#bodyStore.take();
  }

  #refuse(what: `malformed-${string}` | "too-large"): void {
    this.#state = complete;
    this.error = `reading:${what}`;
    this.keepAlive = false;
    this.body = null;
  }
}
