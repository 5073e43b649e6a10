import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyText, replyOf } from "./reply.ts";

const text = '{"name":"李明"}';
const raw = (body: Buffer | null, ...fields: string[]) => {
  return { status: 200, head: `${["HTTP/1.1 200 OK", ...fields].join("\r\n")}\r\n\r\n`, body };
};

describe("a reply for checks", () => {
  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ])("is read through %s", (coding, compress) => {
    const reply = replyOf(raw(compress(Buffer.from(text)), `Content-Encoding: ${coding}`));
    expect(reply.body).toBe(text);
    expect(reply.json).toEqual({ name: "李明" });
  });

  it("is read as it is where nothing was compressed, and is empty where there is no body", () => {
    expect(replyOf(raw(Buffer.from(text))).body).toBe(text);
    expect(replyOf(raw(null, "Content-Encoding: gzip")).body).toBe("");
    expect(replyOf(raw(null, "X-A: 1", "x-a: 2")).headers["x-a"]).toBe("1, 2");
  });

  it("throws only where the body is asked for and is not what it says", () => {
    const broken = replyOf(raw(Buffer.from("no gzip"), "Content-Encoding: gzip"));
    expect(broken.status).toBe(200);
    expect(broken.headers["content-encoding"]).toBe("gzip");
    expect(() => broken.body).toThrow("gzip");
    expect(() => broken.json).toThrow("gzip");
    expect(() => replyOf(raw(Buffer.from("no json"))).json).toThrow(SyntaxError);
  });

  it("does not grow beyond all bounds", () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    expect(() => replyOf(raw(bomb, "Content-Encoding: gzip")).body).toThrow("16777216 bytes");
  });
});

it("says of a body that cannot be decoded why people cannot read it", () => {
  expect(bodyText(raw(Buffer.from("abc")), 2)).toBe("ab");
  expect(bodyText(raw(Buffer.from("x"), "Content-Encoding: gzip"), 100)).toMatch(/^\(DecodeError: the body is no gzip/);
});
