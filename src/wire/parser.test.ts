import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oddReply } from "../../test/odd-replies.ts";
import { ResponseParser } from "./parser.ts";

interface Asked {
  readonly isHead?: boolean;
  readonly maxHeadBytes?: number;
  readonly maxBodyBytes?: number;
}

interface Parsed {
  readonly verdict: "done" | "refused" | "incomplete";
  readonly status: number;
  readonly head: string;
  readonly body: string | null;
  readonly bodyBytes: number;
  readonly error: string | null;
  readonly keepAlive: boolean;
}

/** What must not depend on the cut: how much of a refused reply was read before may. */
function essence({ verdict, status, error, ...rest }: Parsed): Partial<Parsed> {
  return verdict === "refused" ? { verdict, status, error } : { verdict, status, error, ...rest };
}

/** Feeds the pieces through one reused buffer, as a client does, and then closes the connection. */
function parse(pieces: readonly string[], { isHead = false, maxHeadBytes = 65_536, maxBodyBytes = 65_536 }: Asked = {}): Parsed {
  const parser = new ResponseParser({ maxHeadBytes, maxBodyBytes });
  parser.begin({ isHead, keepHead: true, keepBody: true });
  const shared = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)));
  for (const piece of pieces) {
    shared.fill("#");
    parser.feed(shared, 0, shared.write(piece, "latin1"));
  }
  const isOver = parser.end();
  const { status, head, body, bodyBytes, error, keepAlive } = parser;
  const verdict = error !== null ? "refused" : isOver ? "done" : "incomplete";
  return { verdict, status, head, body: body === null ? null : body.toString("latin1"), bodyBytes, error, keepAlive };
}

function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

describe("where a reply ends", () => {
  it.each([
    ["its Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"],
    ["no length needed for 204", "HTTP/1.1 204 No Content\r\n\r\n", ""],
    ["no body with 304, whatever its length says", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""],
    [
      "the last chunk",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
      "hello0123456789",
    ],
    ["after trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", "a"],
    ["another coding below chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "a"],
    ["the close, without any length", "HTTP/1.1 200 OK\r\n\r\nhello", "hello"],
    ["the close, with a coding that has no end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", "hello"],
    [
      "the final reply, after interim ones",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "x",
    ],
    ["the same length said twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 01\r\n\r\nx", "x"],
    ["a status line without a reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "x"],
  ])("knows %s", (_what, text, body) => {
    expect(parse([text])).toMatchObject({ verdict: "done", error: null, body, bodyBytes: body.length });
  });

  it("has no body after HEAD", () => {
    expect(parse(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], { isHead: true })).toMatchObject({
      verdict: "done",
      body: "",
    });
    expect(parse(["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], { isHead: true })).toMatchObject({ verdict: "done" });
  });

  it("keeps the final head as it came, without interim ones", () => {
    const head = "HTTP/1.1 200 Caf\xe9\r\nX-A:  1 \r\nContent-Length: 0\r\n\r\n";
    expect(parse([`HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n${head}`]).head).toBe(head);
  });

  it.each([
    "",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "HTTP/1.1 103 Hints\r\n\r\n",
  ])("is not reached by %j", (text) => {
    expect(parse([text])).toMatchObject({ verdict: "incomplete", error: null, body: null });
  });
});

describe("refuses", () => {
  it.each([
    ["status-line", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["status-line", "HTTP/2.0 200 OK\r\n\r\n"],
    ["status-line", "HTTP/1.1 20 OK\r\n\r\n"],
    ["status-line", "HTTP/1.1 099 OK\r\n\r\n"],
    ["status-line", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["status-line", "HTTP/1.1 200 A\0B\r\n\r\n"],
    ["status-line", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["line-end", "HTTP/1.1 200 OK\n\n"],
    ["line-end", "HTTP/1.1 200 OK\r\nA: 1\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\n: no name\r\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\nSpace : x\r\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\nA: 1\r2\r\n\r\n"],
    ["header", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"],
    ["content-length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["content-length", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na"],
    ["content-length", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na"],
    ["content-length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\na"],
    ["transfer-encoding", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
    ["chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
    ["chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"],
    ["chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"],
    ["chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"],
    ["trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n"],
  ])("malformed-%s: %j", (what, text) => {
    expect(parse([text])).toMatchObject({ verdict: "refused", error: `reading:malformed-${what}`, body: null, keepAlive: false });
  });

  const tooLarge = { verdict: "refused", error: "reading:too-large" };

  it("a head over its limit, with or without an end in sight, and endless interim replies", () => {
    const head = `HTTP/1.1 200 OK\r\nA: ${"a".repeat(50)}\r\n\r\n`;
    expect(parse([head], { maxHeadBytes: head.length })).toMatchObject({ verdict: "done" });
    expect(parse([head], { maxHeadBytes: head.length - 1 })).toMatchObject(tooLarge);
    expect(parse(["x".repeat(101)], { maxHeadBytes: 100 })).toMatchObject(tooLarge);
    expect(parse(["HTTP/1.1 103 Hints\r\n\r\n".repeat(10)], { maxHeadBytes: 100 })).toMatchObject(tooLarge);
  });

  it("a body over its limit, as soon as it is announced where it is", () => {
    const limit = { maxBodyBytes: 10 };
    expect(parse([`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${"a".repeat(10)}`], limit)).toMatchObject({ verdict: "done" });
    expect(parse(["HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"], limit)).toMatchObject(tooLarge);
    expect(parse(["HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"], limit)).toMatchObject(tooLarge);
    expect(parse(["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n"], limit)).toMatchObject(tooLarge);
    expect(parse([`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(11)}`], limit)).toMatchObject(tooLarge);
  });

  it("a chunk extension or trailers over the limit of a head, but not many chunks", () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(parse([`${head}${"1\r\na\r\n".repeat(100)}0\r\n\r\n`], { maxHeadBytes: 60 })).toMatchObject({
      verdict: "done",
      bodyBytes: 100,
    });
    expect(parse([`${head}1;${"x".repeat(100)}\r\n`], { maxHeadBytes: 60 })).toMatchObject(tooLarge);
    expect(parse([`${head}0\r\n${"A: 1\r\n".repeat(20)}\r\n`], { maxHeadBytes: 60 })).toMatchObject(tooLarge);
  });
});

describe("says whether the connection may carry another request", () => {
  it.each([
    [true, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    [true, "HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nConnection: CLOSE\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nConnection: x-foo, close\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
    [true, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"],
    [false, "HTTP/1.1 200 OK\r\n\r\nuntil the close"],
    [false, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"],
    [false, "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n"],
  ])("%s: %j", (keepAlive, text) => {
    expect(parse([text])).toMatchObject({ verdict: "done", keepAlive });
  });

  it.each([
    ["timeout=5", 5_000_000],
    ["timeout=5, max=100", 5_000_000],
    ["max=100, Timeout=75", 75_000_000],
    ["max=100", -1],
    ["timeout=soon", -1],
  ])("and for how long: Keep-Alive: %s", (value, expectedUs) => {
    const parser = new ResponseParser({ maxHeadBytes: 1_000, maxBodyBytes: 1_000 });
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nKeep-Alive: ${value}\r\nContent-Length: 0\r\n\r\n`);
    parser.begin({ isHead: false, keepHead: false, keepBody: false });
    parser.feed(bytes, 0, bytes.length);
    expect(parser.keepAliveUs).toBe(expectedUs);
  });
});

it("comes to the same verdict wherever the bytes are cut", () => {
  fc.assert(
    fc.property(oddReply, fc.array(fc.nat(), { maxLength: 20 }), fc.integer({ min: 20, max: 400 }), (reply, places, limit) => {
      const asked = { isHead: reply.isHead, maxHeadBytes: limit, maxBodyBytes: limit };
      const whole = essence(parse([reply.text], asked));
      expect(essence(parse(cut(reply.text, places), asked))).toEqual(whole);
      expect(essence(parse(reply.text.split(""), asked))).toEqual(whole);
    }),
    { numRuns: 2_000 },
  );
});

it("never throws on garbage, and never goes on after its verdict", () => {
  const garbage = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const halfGarbage = fc.tuple(oddReply, garbage, fc.nat()).map(([{ text }, noise, place]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + noise + text.slice(at);
  });
  fc.assert(
    fc.property(fc.oneof(garbage, halfGarbage), fc.array(fc.nat(), { maxLength: 5 }), (text, places) => {
      const once = parse(cut(text, places));
      const thenMore = parse([...cut(text, places), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
      const isFinal = once.verdict === "refused";
      expect(isFinal ? essence(thenMore) : null).toEqual(isFinal ? essence(once) : null);
    }),
    { numRuns: 2_000 },
  );
});

it("counts a body it does not keep", () => {
  const parser = new ResponseParser({ maxHeadBytes: 1_000, maxBodyBytes: 1_000 });
  const bytes = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  parser.begin({ isHead: false, keepHead: false, keepBody: false });
  expect(parser.feed(bytes, 0, bytes.length)).toBe(true);
  expect(parser).toMatchObject({ status: 200, head: "", body: null, bodyBytes: 5 });
});

it("keeps the head of an error that nobody asked for, wherever the bytes are cut, and no other", () => {
  const headOf = (pieces: readonly string[]) => {
    const parser = new ResponseParser({ maxHeadBytes: 1_000, maxBodyBytes: 1_000 });
    parser.begin({ isHead: false, keepHead: false, keepBody: false });
    for (const piece of pieces) parser.feed(Buffer.from(piece), 0, piece.length);
    return [parser.status, parser.head];
  };
  const interim = "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n";
  for (const status of [200, 302, 400, 503]) {
    const head = `HTTP/1.1 ${status} What\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n`;
    const expected = [status, status >= 400 ? head : ""];
    for (const text of [`${head}ok`, `${interim}${head}ok`]) {
      expect(headOf(text.split(""))).toEqual(expected);
      for (let at = 0; at <= text.length; at++) expect(headOf([text.slice(0, at), text.slice(at)])).toEqual(expected);
    }
  }
});

it("is ready for the next reply after one that was refused half-way", () => {
  const parser = new ResponseParser({ maxHeadBytes: 1_000, maxBodyBytes: 1_000 });
  for (const text of ["HTTP/1.1 200 OK\r\nHal", "f\nX", "HTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\nok"]) {
    if (text.startsWith("HTTP")) parser.begin({ isHead: false, keepHead: true, keepBody: true });
    const bytes = Buffer.from(text);
    parser.feed(bytes, 0, bytes.length);
  }
  expect(parser).toMatchObject({ status: 201, error: null, bodyBytes: 2 });
  expect(parser.body?.toString()).toBe("ok");
});
