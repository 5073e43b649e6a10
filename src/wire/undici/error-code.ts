import { errnoOf } from "../../model/fault.ts";

/** What undici's own codes mean in the words of our error keys. */
const codes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "EOF",
  UND_ERR_DESTROYED: "EOF",
  HPE_INVALID_EOF_STATE: "EOF",
  HPE_CLOSED_CONNECTION: "malformed-leftover",
  HPE_HEADER_OVERFLOW: "too-large",
  UND_ERR_HEADERS_OVERFLOW: "too-large",
  // What has more than it announced is refused before it gets here.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "EOF",
  ERR_HTTP2_ERROR: "malformed-http2",
};

/** The errors of HTTP/2 by number (RFC 9113, section 7). */
const http2Errors = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/** Errors whose HTTP/2 number is the peer's; in others Node makes one up for the streams that it ends. */
const numbered = new Set(["ERR_HTTP2_STREAM_ERROR", "ERR_HTTP2_SESSION_ERROR", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

/**
 * The last part of the error key for what undici, `node:http2` or the socket threw: an errno; `EOF`; `malformed-...` for a reply that
 * is not HTTP; the name of an HTTP/2 error such as `REFUSED_STREAM`.
 */
export function codeOf(error: Error): string {
  const code = errnoOf(error) ?? "UNKNOWN";
  if (numbered.has(code) && "http2ErrorCode" in error) return http2Errors[Number(error.http2ErrorCode)] ?? code;
  if (error.message === "bad response" || error.message === "bad upgrade") return error.message.replace("bad ", "malformed-");
  if (code === "UND_ERR_INFO") return error.message.includes("GOAWAY") ? "GOAWAY" : "EOF";
  if (code in codes) return codes[code] ?? code;
  if (code.startsWith("HPE_")) return `malformed-${code.slice(4).toLowerCase().replaceAll("_", "-")}`;
  return error.name === "HTTPParserError" ? "malformed-reply" : code;
}
