import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanLine, fitted, flowed, padded, widthOf, wrapped } from "./text-width.ts";

const mixed = fc
  .array(fc.constantFrom("a", "é", "居民", "码", "👩‍⚕️", " ", "e\u0301", "ｶ", "-"), { maxLength: 60 })
  .map((parts) => parts.join(""));

describe("text in cells", () => {
  it("counts a Chinese character as two cells, an accent as none, a colour as none", () => {
    expect([widthOf("健康码"), widthOf("e\u0301"), widthOf("\u001b[31mred\u001b[39m"), widthOf("👩‍⚕️")]).toEqual([6, 1, 3, 2]);
  });

  it("never sets a line wider than it may be, unless it is one word", () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 4, max: 40 }), (text, width) => {
        expect(widthOf(fitted(text, width))).toBeLessThanOrEqual(width);
        const wide = wrapped(text, width, "  ").filter((line) => widthOf(line) > width);
        for (const line of wide) expect(line.trim()).not.toContain(" ");
      }),
    );
  });

  it("keeps all words when it wraps, later ones as far in as the first", () => {
    expect(wrapped("one two three four", 10, "- ")).toEqual(["- one two", "  three", "  four"]);
  });

  it("pads by cells, not by letters", () => {
    expect([padded("码", 4), padded("12", 4, "left")]).toEqual(["码  ", "  12"]);
  });

  it("puts cells in the next line where a line is full", () => {
    expect(flowed(["aaaa", "bbbb", "cc"], 11)).toEqual(["aaaa   bbbb", "cc"]);
  });

  it("takes the teeth out of escape sequences, line breaks and turned writing", () => {
    expect(cleanLine("a\u001b[2J\u001b]0;title\u0007b\r\nc\u202ed")).toBe("ab c d");
  });
});
