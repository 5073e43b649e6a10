import { mix, streams } from "../model/random.ts";
import type { MultipartPart, RequestShape } from "../model/scenario.ts";
import { hex8 } from "./tag-lines.ts";

/** A request's body as the transport takes it. */
export interface EncodedBody {
  readonly text: string;
  /** `latin1`: one character is one byte. */
  readonly encoding: "latin1" | "utf8";
  readonly bytes: number;
  /** `content-type` that follows from the kind of body; null: the request's own, if any. */
  readonly type: string | null;
}

/** From here on the text of bytes is kept for as long as they live, so that a file is not turned into text for each request. A guess. */
const keptFromBytes = 16_384;

/**
 * The body of a request, null where it has none. The boundary of a multipart body is drawn from seed and number of the request, so
 * that any worker makes the same bytes. Throws RangeError where there are several bodies, or a part's type could forge a header.
 */
export function encodeBody(shape: RequestShape, seed: number, index: number): EncodedBody | null {
  const { json, form, multipart, body } = shape;
  const given =
    Number(json !== undefined) + Number(form !== undefined) + Number(multipart !== undefined) + Number(body !== undefined);
  if (given === 0) return null;
  if (given > 1) throw new RangeError("a request has at most one of json, form, multipart and body");
  if (json !== undefined) return textBody(JSON.stringify(json), "application/json");
  if (form !== undefined) return textBody(new URLSearchParams(form).toString(), "application/x-www-form-urlencoded");
  if (multipart !== undefined) return multipartBody(multipart, boundaryOf(seed, index));
  return typeof body === "string" ? textBody(body, null) : bytesBody(latin1Of(body ?? nothing), null);
}

const nothing = new Uint8Array();

/** As many bytes in UTF-8 as characters means nothing but ASCII, which the socket writes faster as Latin-1. */
function textBody(text: string, type: string | null): EncodedBody {
  const bytes = Buffer.byteLength(text);
  return { text, encoding: bytes === text.length ? "latin1" : "utf8", bytes, type };
}

function bytesBody(text: string, type: string | null): EncodedBody {
  return { text, encoding: "latin1", bytes: text.length, type };
}

const keptTexts = new WeakMap<Uint8Array, string>();

/** Bytes as a text of as many characters. Large ones are taken not to change once they were given. */
function latin1Of(bytes: Uint8Array): string {
  const kept = bytes.length < keptFromBytes ? undefined : keptTexts.get(bytes);
  if (kept !== undefined) return kept;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  if (bytes.length >= keptFromBytes) keptTexts.set(bytes, text);
  return text;
}

/** 64 drawn bits: enough that a body holds them by accident once in some 10^19 bytes (RFC 2046, section 5.1.1, forbids it to). */
function boundaryOf(seed: number, index: number): string {
  return `peakproof-${hex8(mix(seed, streams.request, index))}${hex8(mix(~seed, streams.request, index))}`;
}

/** RFC 7578. All of it goes as bytes, since parts may be. */
function multipartBody(parts: readonly MultipartPart[], boundary: string): EncodedBody {
  let text = "";
  for (const part of parts) text += `--${boundary}\r\n${partHead(part)}\r\n${contentOf(part)}\r\n`;
  return bytesBody(`${text}--${boundary}--\r\n`, `multipart/form-data; boundary=${boundary}`);
}

function partHead({ name, filename, type }: MultipartPart): string {
  const file = filename === undefined ? "" : `; filename="${quoted(filename)}"`;
  const mediaType = type ?? (filename === undefined ? undefined : "application/octet-stream");
  if (mediaType !== undefined && unsafeType.test(mediaType)) throw new RangeError("the type of a part must be printable ASCII");
  const typeLine = mediaType === undefined ? "" : `content-type: ${mediaType}\r\n`;
  return `content-disposition: form-data; name="${quoted(name)}"${file}\r\n${typeLine}`;
}

const unsafeType = /[^\u0020-\u007e]/;

/** Names as browsers write them: in UTF-8, with the three characters escaped that would end them (HTML standard, "multipart/form-data encoding algorithm"). */
function quoted(name: string): string {
  return utf8AsLatin1(name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22"));
}

function contentOf({ content }: MultipartPart): string {
  return typeof content === "string" ? utf8AsLatin1(content) : latin1Of(content);
}

function utf8AsLatin1(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");
}
