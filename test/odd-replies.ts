import fc from "fast-check";

/** A reply as bytes (one character each), and whether it answers a HEAD. */
export interface OddReply {
  readonly isHead: boolean;
  readonly text: string;
  /** Where it is cut into pieces that are sent one by one: shares of its length. */
  readonly cuts: readonly number[];
}

/** The pieces of a reply, in their order. */
export function piecesOf({ text, cuts }: OddReply): string[] {
  const at = [0, ...cuts.map((share) => Math.floor(share * text.length)), text.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

/** One of these, the first most of the time. */
function mostly(usual: string, ...odd: string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 24, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

const version = mostly(
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.0",
  "HTTP/1.0",
  "HTTP/2.0",
  "HTTP/0.9",
  "HTTP/1.2",
  "http/1.1",
  "HTTP/11",
  "ICY",
);
const status = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("200", "201", "404", "429", "500", "503", "599") },
  { weight: 4, arbitrary: fc.constantFrom("204", "304", "205", "302") },
  { weight: 1, arbitrary: fc.constantFrom("100", "101", "102", "103", "099", "000", "600", "999", "20", "2000", "2x0", "") },
);
const reason = mostly(" OK", "", " ", "  Two spaces", " Caf\xe9", " Tab\tbed", " N\0L", " C\rR", "OK");
const lineEnd = fc.oneof(
  { weight: 60, arbitrary: fc.constant("\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "") },
);

const plainField = fc.constantFrom(
  "Content-Type: application/json",
  "Date: Sat, 21 Nov 2026 01:47:53 GMT",
  "Server-Timing: cache;dur=0.4",
  "X-Empty:",
  "X-Spaces:  \t value \t ",
  "X-High: caf\xe9",
  "x-odd_but|legal~: 1",
  "Keep-Alive: timeout=5, max=100",
);
const connectionField = fc.constantFrom(
  "Connection: keep-alive",
  "Connection: close",
  "CONNECTION: Close",
  "Connection: keep-alive, close",
  "Connection: foo, bar",
  "Connection:",
  "Connection: upgrade",
);
const oddField = fc.constantFrom(
  "No-Colon",
  ": no name",
  "Space : before colon",
  " Leading: space",
  "\tFolded: tab",
  "X-Long: a\r\n b",
  "X-Long: a\r\n\tb\r\n  c",
  "X-Long:\r\n b",
  "Nul: a\0b",
  "Cr: a\rb",
  "Delete: a\x7fb",
  "Control: a\x01b",
  "H\xe9ader: high",
  "Upgrade: websocket",
  "(Comment): no token",
);
const fields = fc.array(
  fc.oneof({ weight: 30, arbitrary: plainField }, { weight: 8, arbitrary: connectionField }, { weight: 1, arbitrary: oddField }),
  { maxLength: 5 },
);

/** Fields that say where the body ends, and the body: as they should be, or nearly. */
interface Framed {
  readonly fields: readonly string[];
  readonly body: string;
}

const bodyText = fc.string({
  unit: fc.constantFrom("a", "b", "\r", "\n", "0", "\0", "\xff", "HTTP/1.1 200 OK\r\n\r\n"),
  maxLength: 12,
});

const withLength: fc.Arbitrary<Framed> = fc
  .tuple(bodyText, fc.constantFrom("content-length", "Content-Length", "CONTENT-LENGTH"))
  .map(([body, name]) => ({ fields: [`${name}: ${body.length}`], body }));

const withOddLength: fc.Arbitrary<Framed> = fc
  .tuple(
    bodyText,
    fc.constantFrom(
      "+1",
      "-1",
      "",
      "1, 1",
      "1 1",
      "0x1",
      "1e1",
      "99999999999999999999",
      "18446744073709551617",
      "18446744073709551616",
      "9007199254740993",
      "4294967297",
      "007",
      "1\t",
      "1;",
    ),
    fc.constantFrom(0, 1, -1),
  )
  .chain(([body, odd, off]) =>
    fc.constantFrom<Framed>(
      { fields: [`Content-Length: ${odd}`], body },
      { fields: [`Content-Length: ${Math.max(0, body.length + off)}`], body },
      { fields: [`Content-Length: ${body.length}`, `Content-Length: ${body.length}`], body },
      { fields: [`Content-Length: ${body.length}`, `Content-Length: ${body.length + 1}`], body },
    ),
  );

const chunkSize = (text: string): fc.Arbitrary<string> => {
  const hex = text.length.toString(16);
  return mostly(
    hex,
    `0${hex}`,
    `${hex};name=value`,
    `${hex};quoted="a;b"`,
    `${hex} ;a`,
    `${hex}; a`,
    `${hex} `,
    `${hex}x`,
    `;${hex}`,
    `${hex};`,
    `${hex};b\x01d`,
    `0x${hex}`,
    `${hex.toUpperCase()}g`,
    "ffffffff",
    "7fffffffffffffff",
    "ffffffffffffffff",
    `1000000000000000${hex}`,
    `${"0".repeat(20)}${hex}`,
  );
};
const chunk = bodyText
  .filter((text) => text.length > 0)
  .chain((text) => fc.tuple(chunkSize(text), lineEnd, lineEnd).map(([size, first, second]) => size + first + text + second));
const lastChunk = fc
  .tuple(
    mostly("0", "00", "0;last", "-0", ""),
    mostly("", "Trailer: 1\r\n", "X-Sum: abc\r\nX-More: 1\r\n", "Bad trailer\r\n", "Content-Length: 9\r\n", " Folded: 1\r\n"),
    mostly("\r\n", "\n", "", "\r\nmore"),
  )
  .map(([size, trailers, end]) => `${size}\r\n${trailers}${end}`);
const codings = mostly(
  "chunked",
  "Chunked",
  "gzip, chunked",
  "chunked, gzip",
  "chunked, chunked",
  "gzip",
  "identity",
  "",
  "chunked,",
  ", chunked",
  "xchunked",
);

const withChunks: fc.Arbitrary<Framed> = fc
  .tuple(
    fc.array(chunk, { maxLength: 3 }),
    lastChunk,
    codings,
    mostly("", "Content-Length: 3", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"),
  )
  .map(([chunks, last, coding, more]) => ({
    fields: [`Transfer-Encoding: ${coding}`, ...(more === "" ? [] : [more])],
    body: chunks.join("") + last,
  }));

/** Both at once, as in an attempt to smuggle a reply. */
const withBoth: fc.Arbitrary<Framed> = fc
  .tuple(
    fc.constantFrom("chunked", "identity", "gzip", ""),
    fc.constantFrom("0\r\n\r\n", "2\r\nab\r\n0\r\n\r\n", "ab"),
    fc.boolean(),
  )
  .map(([coding, body, isLengthFirst]) => {
    const both = [`Content-Length: ${body.length}`, `Transfer-Encoding: ${coding}`];
    return { fields: isLengthFirst ? both : both.toReversed(), body };
  });

const untilClose: fc.Arbitrary<Framed> = bodyText.map((body) => ({ fields: [], body }));

const framed = fc.oneof(
  { weight: 5, arbitrary: withLength },
  { weight: 2, arbitrary: withOddLength },
  { weight: 5, arbitrary: withChunks },
  { weight: 1, arbitrary: withBoth },
  { weight: 1, arbitrary: untilClose },
);

const interim = mostly(
  "",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
  "HTTP/1.1 102 Processing\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n",
  "HTTP/1.0 102 Processing\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n",
  "\r\n",
  "\n",
  "\r\n\r\n",
);

/** Leaves it alone most of the time; else cuts it short, deletes, replaces or inserts one byte, or takes the CR from one line's end. */
function damaged(text: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: Math.max(0, text.length - 1) });
  const byte = fc.constantFrom("\r", "\n", "\0", " ", ":", "0", "9", "a", ";", "\x7f", "\xff");
  const change = fc.tuple(at, byte, fc.constantFrom("cut", "delete", "replace", "insert", "bare LF")).map(([at, byte, how]) => {
    if (how === "bare LF") return text.slice(0, at) + text.slice(at).replace("\r\n", "\n");
    const rest = how === "cut" ? "" : text.slice(how === "insert" ? at : at + 1);
    return text.slice(0, at) + (how === "replace" || how === "insert" ? byte : "") + rest;
  });
  return fc.oneof({ weight: 3, arbitrary: fc.constant(text) }, { weight: 1, arbitrary: change });
}

const cuts = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.nat({ max: 1_000 }).map((permille) => permille / 1_000),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

/** Replies that are valid, or nearly: what a broken, old or hostile server might send before it closes. */
export const oddReply: fc.Arbitrary<OddReply> = fc
  .record({
    interim,
    version,
    status,
    reason,
    fields,
    framed,
    lineEnd,
    isHead: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    cuts,
  })
  .chain(({ interim, version, status, reason, fields, framed, lineEnd, isHead, cuts }) => {
    const lines = [`${version} ${status}${reason}`, ...fields, ...framed.fields].join("\r\n");
    const isBodiless = isHead || status === "204" || status === "304";
    return damaged(`${interim}${lines}${lineEnd}\r\n${isBodiless ? "" : framed.body}`).map((text) => ({ isHead, text, cuts }));
  });
