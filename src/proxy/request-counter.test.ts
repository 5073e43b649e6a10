import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestCounter } from "./request-counter.ts";

const get = "GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
const post = "POST /a HTTP/1.1\r\nhost: a\r\nContent-Length: 29\r\n\r\nGET /not-one HTTP/1.1\r\n\r\nabcd";
const chunked =
  "PUT /b HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=1\r\nGET /\r\n3\r\n\r\n\r\r\n0\r\ntrailer: 1\r\n\r\n";
const old = "GET / HTTP/1.0\n\n";

const counted = (...parts: readonly (string | Buffer)[]): RequestCounter => {
  const counter = new RequestCounter();
  for (const part of parts) counter.push(typeof part === "string" ? Buffer.from(part, "latin1") : part);
  return counter;
};

describe("requests in what a client sends", () => {
  it("count when their head is complete, bodies passed over", () => {
    expect(counted(get.slice(0, -1)).count).toBe(0);
    expect(counted(get).count).toBe(1);
    expect(counted(post.slice(0, -10)).count).toBe(1);
    expect(counted(post, chunked, "\r\n", old, get)).toMatchObject({ count: 4, isOpaque: false });
  });

  it("count the same wherever the stream is cut", () => {
    const stream = Buffer.from(get + post + chunked + old + chunked + get, "latin1");
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const counter = counted(...at.slice(1).map((end, part) => stream.subarray(at[part], end)));
        expect(counter).toMatchObject({ count: 6, isOpaque: false });
      }),
    );
  });

  it.each([
    ["TLS", Buffer.from([0x16, 3, 1, 2, 0, 1])],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["Redis", "*1\r\n$4\r\nPING\r\n"],
    ["a line without end", "x".repeat(70_000)],
    ["a length that is none", "POST / HTTP/1.1\r\ncontent-length: 3x\r\n\r\n"],
    ["a chunk that is none", "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
  ])("are not guessed at in %s", (_, bytes) => {
    expect(counted(bytes).isOpaque).toBe(true);
  });

  it("are counted up to an upgrade, and no further", () => {
    expect(counted(get, Buffer.from([0x81, 0x05, 0x68, 0x0a, 0x6f]))).toMatchObject({ count: 1, isOpaque: true });
  });
});
