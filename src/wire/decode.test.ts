import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { decodeBody } from "./decode.ts";

const text = Buffer.from(JSON.stringify({ status: "ok", words: "健康码 ".repeat(1_000) }));

it.each([
  ["gzip", gzipSync(text)],
  ["X-GZip", gzipSync(text)],
  ["deflate", deflateSync(text)],
  ["deflate", deflateRawSync(text)],
  ["br", brotliCompressSync(text)],
  ["zstd", zstdCompressSync(text)],
  ["gzip, br", brotliCompressSync(gzipSync(text))],
  [" identity ,, gzip", gzipSync(text)],
  ["identity", text],
  ["", text],
  [undefined, text],
])("decodes %j", (coding, body) => {
  expect(decodeBody(body, coding, 100_000).equals(text)).toBe(true);
});

it("leaves a body that is empty as it is, since a reply to HEAD names the coding, too", () => {
  expect(decodeBody(Buffer.alloc(0), "gzip", 10)).toHaveLength(0);
});

it.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
])("stops a bomb of %s at the limit", (coding, compress) => {
  const bomb = compress(Buffer.alloc(50_000_000));
  expect(bomb.length).toBeLessThan(100_000);
  const before = process.memoryUsage().arrayBuffers;
  expect(() => decodeBody(bomb, coding, 1_000_000)).toThrowError(expect.objectContaining({ key: "too-large" }));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  expect(decodeBody(compress(Buffer.alloc(1_000)), coding, 1_000)).toHaveLength(1_000);
});

it.each([
  ["unknown-coding", "compress", text],
  ["unknown-coding", "constructor", text],
  ["unknown-coding", "gzip, gzip, gzip, gzip, gzip", gzipSync(text)],
  ["malformed", "gzip", text],
  ["malformed", "gzip", gzipSync(text).subarray(0, -9)],
  ["malformed", "br", text],
  ["malformed", "deflate", text],
  ["malformed", "zstd", text],
])("says %s of %j", (key, coding, body) => {
  expect(() => decodeBody(body, coding, 100_000)).toThrowError(expect.objectContaining({ name: "DecodeError", key }));
});
