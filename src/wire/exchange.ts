/**
 * Why an exchange got no usable reply. The part before the colon is the phase it was in:
 *
 * - `connect:<ERRNO>` no TCP connection could be made while it waited for one: `connect:ECONNREFUSED`, `connect:ENOTFOUND` for a name
 *   that is not known, `connect:EMFILE` for descriptors of our own;
 * - `tls:<CODE>`, `tls:EOF` TCP was up and the TLS handshake failed: the certificate was refused (`tls:CERT_HAS_EXPIRED`,
 *   `tls:DEPTH_ZERO_SELF_SIGNED_CERT`, `tls:ERR_TLS_CERT_ALTNAME_INVALID`), the server sent an alert (`tls:ERR_SSL_...`) or closed.
 *   In TLS 1.3 the handshake is over before the server has judged our certificate, so that its refusal is `sent:ERR_SSL_...`;
 * - `timeout:connect`, `timeout:tls` its deadline passed while a connect, or the TLS handshake after it, was under way for it;
 * - `unsent` its deadline passed while it waited for one of `maxConnections`, with no connect of its own under way;
 * - `sent:<ERRNO>`, `sent:EOF`, `timeout:sent` the request was written and no byte of a reply came;
 * - `sent:closed-idle` the same on a reused connection that was reset or closed within a round trip: the server had most likely given
 *   it up while it was idle (the race of RFC 9112, section 9.3.1), so it says little about the server's capacity;
 * - `reading:<ERRNO>`, `reading:EOF`, `timeout:reading` the reply began and did not end;
 * - `reading:malformed-<what>` the reply is not HTTP/1.1; `reading:too-large` its head or body is over our limit;
 * - `aborted` we gave it up ourselves.
 *
 * Over undici, also: `connect:PROXY_<status>` the proxy opened no tunnel; `tls:NO_H2` the server does not speak HTTP/2; the name of an
 * HTTP/2 error (RFC 9113, section 7) for a stream that the server reset, such as `sent:REFUSED_STREAM`; `sent:GOAWAY` where a server
 * closed a connection without having looked at anything on it; `malformed-...` in llhttp's words.
 */
export type WireError =
  | `connect:${string}`
  | `tls:${string}`
  | `sent:${string}`
  | `reading:${string}`
  | `timeout:${"connect" | "tls" | "sent" | "reading"}`
  | "unsent"
  | "aborted";

/**
 * One request on its way. Its caller makes it (or takes it from a pool, once it was settled), fills in the first part and
 * dispatches it; the client fills in the rest and hands it back. Subclass it to carry what the caller needs then.
 * All instants are microseconds on the caller's clock, which must be above 0.
 */
export class Exchange {
  /** The complete bytes of head and body. */
  request = "";
  /** `latin1` where every character is below U+0100, which the socket writes fastest. */
  encoding: "latin1" | "utf8" = "latin1";
  /** The method is HEAD, so that the reply has no body whatever its head announces. */
  isHead = false;
  /** Sent on a new connection, which is closed after it. */
  fresh = false;
  /** Copy the body, for checks. Otherwise it is only counted. */
  keepBody = false;
  /** Copy the head, for checks. */
  keepHead = false;
  /** The caller's own; the client does not read it. */
  dueUs = 0;
  /** Now, when it is dispatched: also by what the client judges whether an idle connection is still good. */
  dispatchedUs = 0;
  /** When it is given up: by the first `expire` after it. */
  deadlineUs = 0;

  /** When the request was handed to the kernel, read just before the call so that its cost is in the service time; 0: never. */
  sentUs = 0;
  /** When the first bytes of the reply (of an interim one too) were read; 0: never. */
  firstByteUs = 0;
  /** When it was settled, whatever the end. */
  doneUs = 0;
  /** 0: none came. May be set although `error` is, where a reply broke off. */
  status = 0;
  /** The final head as it came, one character per byte, status line to blank line; `""` unless complete, and `keepHead` or a status from 400. */
  head = "";
  /** Null unless complete, and `keepBody` or a status from 400. */
  body: Buffer | null = null;
  /** Length of the body without its framing: as sent, still compressed if it was. */
  bodyBytes = 0;
  error: WireError | null = null;

  /** Its neighbours while it waits in a queue of the client. */
  before: this | null = null;
  after: this | null = null;

  /** Forgets the outcome of an earlier use. */
  renew(): void {
    this.sentUs = 0;
    this.firstByteUs = 0;
    this.doneUs = 0;
    this.status = 0;
    this.head = "";
    this.body = null;
    this.bodyBytes = 0;
    this.error = null;
  }
}
