import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeHtml, html, trusted } from "./html.ts";

describe("html", () => {
  it("escapes text in content and in attributes, and leaves markup of its own alone", () => {
    const evil = '"><script>';
    const cell = html`<td title="${evil}">${"a & b"}</td>`;
    expect(html`<b>${cell}</b>`.text).toBe('<b><td title="&quot;&gt;&lt;script&gt;">a &amp; b</td></b>');
  });

  it("joins lists and leaves out what is not there", () => {
    expect(html`${[trusted("<b>x</b>"), null, undefined, false, 0, ["y"]]}`.text).toBe("<b>x</b>0y");
  });

  it("never lets text bring in a character that has a meaning in markup", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it("shows control characters and marks of direction as what they are not: text", () => {
    expect(escapeHtml("a\u0000b\u001b[2Jc\u202ed\u2066e")).toBe("a\ufffdb\ufffd[2Jc\ufffdd\ufffde");
    expect(escapeHtml("line\n\tindented")).toBe("line\n\tindented");
  });
});
