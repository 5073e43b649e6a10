import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MultipartPart, RequestShape } from "../model/scenario.ts";
import { encodeBody, type EncodedBody } from "./bodies.ts";

function encoded(shape: Omit<RequestShape, "path">, index = 5): EncodedBody {
  const body = encodeBody({ path: "/", ...shape }, 9, index);
  if (body === null) throw new Error("no body");
  return body;
}

/** What goes over the wire. */
const bytesOf = ({ text, encoding }: EncodedBody): Buffer => Buffer.from(text, encoding);

/** What a server that knows nothing of us makes of a body: Node's own parser of forms. */
async function parsed(body: EncodedBody): Promise<[string, { text?: string; name?: string; type?: string; bytes?: number[] }][]> {
  const reply = new Response(bytesOf(body), { headers: { "content-type": body.type ?? "" } });
  const entries = [...(await reply.formData()).entries()];
  return Promise.all(
    entries.map(async ([name, value]) => {
      if (typeof value === "string") return [name, { text: value }] as const;
      return [name, { name: value.name, type: value.type, bytes: [...new Uint8Array(await value.arrayBuffer())] }] as const;
    }),
  ) as ReturnType<typeof parsed>;
}

describe("a body", () => {
  it.each([
    ["json", { json: { name: "李明" } }, '{"name":"李明"}', "application/json"],
    [
      "form",
      { form: { name: "李 明", note: "a&b=c" } },
      "name=%E6%9D%8E+%E6%98%8E&note=a%26b%3Dc",
      "application/x-www-form-urlencoded",
    ],
    ["text", { body: "né" }, "né", null],
    ["nothing at all", { body: "" }, "", null],
  ])("of %s goes as it should", (_, shape, text, type) => {
    const body = encoded(shape);
    expect(bytesOf(body).toString("utf8")).toBe(text);
    expect([body.bytes, body.type]).toEqual([Buffer.byteLength(text), type]);
  });

  it("is written the fast way where it is ASCII", () => {
    expect(encoded({ json: { a: "plain" } }).encoding).toBe("latin1");
    expect(encoded({ json: { a: "né" } }).encoding).toBe("utf8");
  });

  it("of bytes goes byte for byte, a view of a larger buffer too, and large ones again and again", () => {
    const every = Uint8Array.from({ length: 40_000 }, (_, at) => at % 256);
    for (const body of [every, every.subarray(300, 900), every]) {
      expect(bytesOf(encoded({ body }))).toEqual(Buffer.from(body));
      expect(encoded({ body }).bytes).toBe(body.length);
    }
  });

  it("is one at most", () => {
    expect(encodeBody({ path: "/" }, 9, 5)).toBeNull();
    expect(() => encoded({ json: 1, body: "1" })).toThrow("at most one of json, form, multipart and body");
  });
});

describe("a multipart body", () => {
  const parts: MultipartPart[] = [
    { name: "note", content: "两行\r\ntext" },
    { name: "photo", content: new Uint8Array([0, 13, 10, 45, 45, 255]), filename: "照片 1.jpg", type: "image/jpeg" },
    { name: "raw", content: "x", filename: "raw.bin" },
  ];

  it("is what another parser reads out of it", async () => {
    expect(await parsed(encoded({ multipart: parts }))).toEqual([
      ["note", { text: "两行\r\ntext" }],
      ["photo", { name: "照片 1.jpg", type: "image/jpeg", bytes: [0, 13, 10, 45, 45, 255] }],
      ["raw", { name: "raw.bin", type: "application/octet-stream", bytes: [120] }],
    ]);
  });

  it("announces its length in bytes", () => {
    const body = encoded({ multipart: parts });
    expect(body.bytes).toBe(bytesOf(body).length);
  });

  it("has a boundary of its own for each request, and the same for the same request", () => {
    const typeOf = (index: number) => encoded({ multipart: parts }, index).type;
    expect(typeOf(5)).toBe(typeOf(5));
    expect(new Set([-1, 0, 1, 2 ** 32, 2 ** 32 + 1].map(typeOf)).size).toBe(5);
  });

  it("lets no name end a header, and refuses a type that would", () => {
    const { text } = encoded({ multipart: [{ name: 'a"\r\nx: y', content: "", filename: '"\r\n' }] });
    expect(text.split("\r\n").slice(1, 3)).toEqual([
      'content-disposition: form-data; name="a%22%0D%0Ax: y"; filename="%22%0D%0A"',
      "content-type: application/octet-stream",
    ]);
    expect(() => encoded({ multipart: [{ name: "a", content: "", type: "a/b\r\nx: y" }] })).toThrow(RangeError);
  });

  it("carries any bytes and any text", async () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.uint8Array()), { minLength: 1, maxLength: 4 }), async (contents) => {
        const multipart = contents.map(([key, content]) => ({ name: key, content, filename: "f" }));
        expect((await parsed(encoded({ multipart }))).map(([, { bytes }]) => bytes)).toEqual(
          contents.map(([, bytes]) => [...bytes]),
        );
      }),
      { numRuns: 100 },
    );
  });
});
