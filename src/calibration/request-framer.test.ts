import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestFramer } from "./request-framer.ts";

const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const post = "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\n\r\n\r\n\r\nabc";
const head = "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n";
const last = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

const framed = (...parts: readonly string[]): string[] => {
  const found: string[] = [];
  const framer = new RequestFramer((isHead, isLast) => found.push(`${isHead ? "head" : "other"}${isLast ? ", last" : ""}`));
  for (const part of parts) framer.push(Buffer.from(part, "latin1"));
  return found;
};

describe("requests in a stream of bytes", () => {
  it("are found when they are whole", () => {
    expect(framed(get)).toEqual(["other"]);
    expect(framed(get.slice(0, -1))).toEqual([]);
    expect(framed(post.slice(0, -1))).toEqual([]);
    expect(framed(get, post, head, last)).toEqual(["other", "other", "head", "other, last"]);
  });

  it("are found wherever the stream is cut", () => {
    const text = get + post + head + last;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        expect(framed(...at.slice(1).map((end, part) => text.slice(at[part], end)))).toEqual(framed(text));
      }),
    );
  });

  it("are not waited for without end", () => {
    expect(() => framed("x".repeat(1024 * 1024 + 1))).toThrow(/head of more than/);
  });
});
