import fc from "fast-check";

/** A reply as bytes (one character each), and whether it answers a HEAD. */
export interface OddReply {
  readonly isHead: boolean;
  readonly text: string;
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

const untilClose: fc.Arbitrary<Framed> = bodyText.map((body) => ({ fields: [], body }));

const framed = fc.oneof(
  { weight: 5, arbitrary: withLength },
  { weight: 2, arbitrary: withOddLength },
  { weight: 5, arbitrary: withChunks },
  { weight: 1, arbitrary: untilClose },
);

const interim = mostly(
  "",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
  "HTTP/1.1 102 Processing\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "\r\n",
);

/** Leaves it alone most of the time; else cuts it short, or deletes, replaces or inserts one byte. */
function damaged(text: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: Math.max(0, text.length - 1) });
  const byte = fc.constantFrom("\r", "\n", "\0", " ", ":", "0", "9", "a", ";", "\x7f", "\xff");
  const change = fc.tuple(at, byte, fc.constantFrom("cut", "delete", "replace", "insert")).map(([at, byte, how]) => {
    const rest = how === "cut" ? "" : text.slice(how === "insert" ? at : at + 1);
    return text.slice(0, at) + (how === "replace" || how === "insert" ? byte : "") + rest;
  });
  return fc.oneof({ weight: 3, arbitrary: fc.constant(text) }, { weight: 1, arbitrary: change });
}

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
  })
  .chain(({ interim, version, status, reason, fields, framed, lineEnd, isHead }) => {
    const lines = [`${version} ${status}${reason}`, ...fields, ...framed.fields].join("\r\n");
    const isBodiless = isHead || status === "204" || status === "304";
    return damaged(`${interim}${lines}${lineEnd}\r\n${isBodiless ? "" : framed.body}`).map((text) => ({ isHead, text }));
  });
