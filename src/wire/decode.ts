import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { errnoOf, messageOf } from "../model/fault.ts";

/**
 * A body that cannot be decoded, as an error key that a check may report: `unknown-coding` we have no decoder for it, `too-large` it
 * would grow over the limit, `malformed` it is not what its `Content-Encoding` says.
 */
export class DecodeError extends Error {
  readonly key: "unknown-coding" | "too-large" | "malformed";

  constructor(key: DecodeError["key"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DecodeError";
    this.key = key;
  }
}

/** Most codings taken off one body. Nobody honest applies more than two. */
const codingsMax = 4;

type Decode = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** By name, with the `x-` names that RFC 9110, section 8.4.1 keeps alive. */
const decoders = new Map<string, Decode>([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  ["deflate", inflateEither],
  ["br", brotliDecompressSync],
  ["zstd", zstdDecompressSync],
]);

/**
 * The content of a body, by the value of its `Content-Encoding`: gzip, deflate, br and zstd, several in a row taken off from the
 * last to the first. No step makes more than `maxBytes`, whatever it is fed. An empty body (of a HEAD, a 304) stays empty. Takes a
 * millisecond for a few hundred kilobytes, so it is for those replies only that a check wants to see. Throws `DecodeError`.
 */
export function decodeBody(body: Buffer, contentEncoding: string | undefined, maxBytes: number): Buffer {
  if (contentEncoding === undefined || body.length === 0) return body;
  const codings = contentEncoding
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length > codingsMax) {
    throw new DecodeError("unknown-coding", `the body has ${codings.length} content codings, more than ${codingsMax}`);
  }
  return codings.reduceRight((bytes, coding) => decodeOnce(bytes, coding, maxBytes), body);
}

function decodeOnce(bytes: Buffer, coding: string, maxBytes: number): Buffer {
  const decode = decoders.get(coding);
  if (decode === undefined) throw new DecodeError("unknown-coding", `the body's content coding is ${JSON.stringify(coding)}`);
  try {
    return decode(bytes, { maxOutputLength: maxBytes });
  } catch (thrown) {
    if (errnoOf(thrown) === "ERR_BUFFER_TOO_LARGE") {
      throw new DecodeError("too-large", `the body is over ${maxBytes} bytes once decoded`, { cause: thrown });
    }
    throw new DecodeError("malformed", `the body is no ${coding}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** `deflate` means zlib (RFC 9110, section 8.4.1.2), but some servers leave the wrapper off; its first byte tells, as browsers do. */
function inflateEither(bytes: Buffer, options: { readonly maxOutputLength: number }): Buffer {
  const isWrapped = ((bytes[0] ?? 0) & 0x0f) === 8;
  return isWrapped ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}
