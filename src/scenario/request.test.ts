import fc from "fast-check";
import { expect, it } from "vitest";
import { shapeFaults, userFaults } from "./request.ts";

it.each([
  { path: "/" },
  { path: "/codes/c1-00000042?fresh=1&name=%E7%8E%8B" },
  { method: "DELETE", path: "/reports/1" },
  {
    method: "POST",
    path: "/reports",
    json: { a: [1, null] },
    headers: { "Idempotency-Key": "c1-1", authorization: "Bearer a b" },
  },
  { method: "POST", path: "/", body: "", headers: { "content-type": "text/plain" } },
  { method: "POST", path: "/", json: null },
  { method: "POST", path: "/", headers: undefined, body: undefined, json: undefined },
  { method: "POST", path: "/", form: { name: "李明", note: "a\r\nb" } },
  { method: "POST", path: "/", body: new Uint8Array([0, 255]), headers: { "content-type": "application/pdf" } },
  {
    method: "POST",
    path: "/",
    multipart: [
      { name: "note", content: "" },
      { name: "photo", content: Buffer.from([1, 2]), filename: "a b.jpg", type: "image/jpeg; q=1" },
    ],
  },
])("finds nothing wrong with %j", (shape) => {
  expect(shapeFaults(shape)).toEqual([]);
});

it.each([
  [undefined, "request: received nothing; expected an object; write request: () => ({ path: '/' })"],
  [Promise.resolve({ path: "/" }), "request: received a promise; expected an object; write request: () => ({ path: '/' })"],
  [
    { url: "/" },
    "url: received an unknown key; expected one of method, path, headers, json, form, multipart, body; write one of these, or nothing",
  ],
  [
    { path: "/", header: {} },
    "header: received an unknown key; expected one of method, path, headers, json, form, multipart, body; write headers",
  ],
  [
    { path: "/", method: "post" },
    'method: received "post"; expected an HTTP method in capitals, other than CONNECT; write method: "POST"',
  ],
  [
    { path: "/", method: "CONNECT" },
    'method: received "CONNECT"; expected an HTTP method in capitals, other than CONNECT; write method: "POST"',
  ],
  [
    { path: "/", json: 1, body: "1" },
    "body: received both json and body; expected at most one of them; write json, or body for anything else",
  ],
  [
    { path: "/", body: 5 },
    'body: received 5; expected a text or a Uint8Array of at most 8 MiB; write body: "...", or body: fileBytes(new URL("./form.pdf", import.meta.url))',
  ],
  [
    { path: "/", json: 1, form: {}, multipart: [], body: "1" },
    "body: received json and form and multipart and body; expected at most one of them; write json, or body for anything else",
  ],
  [{ path: "/", form: { age: 5 } }, "form.age: received 5; expected a text; write String(...), or leave it out"],
  [{ path: "/", form: "a=b" }, 'form: received "a=b"; expected an object of at most 1000 texts; write form: { name: "..." }'],
  [
    { path: "/", multipart: [] },
    'multipart: received []; expected a list of 1 to 100 parts; write multipart: [{ name: "photo", content: bytes, filename: "photo.jpg", type: "image/jpeg" }]',
  ],
  [
    {
      path: "/",
      multipart: [
        { name: "a", content: "b" },
        { name: "", content: "b" },
      ],
    },
    'multipart.1.name: received ""; expected a text; write name: "photo"',
  ],
  [
    { path: "/", multipart: [{ name: "a", content: "b", type: "image/png\r\nx-evil: 1" }] },
    'multipart.0.type: received "image/png\\r\\nx-evil: 1"; expected a media type; write type: "image/jpeg"',
  ],
  [
    { path: "/", multipart: [{ name: "a", content: "b", fileName: "c" }] },
    "multipart.0.fileName: received an unknown key; expected one of name, content, filename, type; write filename",
  ],
  [
    { path: "/", multipart: [{ name: "a", content: 5 }] },
    'multipart.0.content: received 5; expected a text or a Uint8Array of at most 8 MiB; write content: "..."',
  ],
  [
    { path: "/", form: { a: "b" }, headers: { "content-type": "text/plain" } },
    'headers: received "content-type" beside form; expected one of the two; write body to keep it, encoded as you like',
  ],
  [
    { path: "/", headers: { Host: "other" } },
    'headers: received "Host"; expected no header that Peakproof sets itself; write nothing',
  ],
  [
    { path: "/", headers: { "x-synthetic-run": "mine" } },
    'headers: received "x-synthetic-run"; expected no header that Peakproof sets itself; write nothing',
  ],
  [
    { path: "/", json: {}, headers: { "Content-Type": "text/json" } },
    'headers: received "Content-Type" beside json; expected one of the two; write body: JSON.stringify(...) to keep it',
  ],
  [
    { path: "/", headers: { "x-a": "b\r\nx-admin: 1" } },
    'headers.x-a: received "b\\r\\nx-admin: 1"; expected printable ASCII without line breaks, of at most 8,000 characters; write a text, with anything else through encodeURIComponent',
  ],
  [
    { path: "/", headers: { "x-n": 5 } },
    "headers.x-n: received 5; expected printable ASCII without line breaks, of at most 8,000 characters; write a text, with anything else through encodeURIComponent",
  ],
  [
    { path: "/", headers: ["a"] },
    'headers: received ["a"]; expected an object of at most 64 headers; write headers: { accept: "application/json" }',
  ],
])("says what is wrong with %j", (shape, line) => {
  expect(shapeFaults(shape)).toContain(line);
});

it.each(["codes", "", "/a b", "/a\r\nHost: x", "/a\u0000", "/王", "/a#b", 5, undefined])("refuses the path %j", (path) => {
  expect(shapeFaults({ path })).toHaveLength(1);
});

it.each([() => 1, 1n, { a: 1n }])("refuses json that JSON cannot carry", (json) => {
  expect(shapeFaults({ path: "/", json })).toHaveLength(1);
});

it("refuses a path beyond 8,000 characters and an id beyond 128", () => {
  expect(shapeFaults({ path: `/${"a".repeat(8_000)}` })).toHaveLength(1);
  expect(userFaults({ id: "a".repeat(129) })).toHaveLength(1);
});

it("refuses json that contains itself", () => {
  const json: Record<string, unknown> = {};
  json["self"] = json;
  expect(shapeFaults({ path: "/", json })).toHaveLength(1);
});

it("refuses a body beyond 8 MiB, counted in bytes", () => {
  expect(shapeFaults({ path: "/", body: "王".repeat(3 * 1_024 * 1_024) })).toHaveLength(1);
  expect(shapeFaults({ path: "/", body: "a".repeat(3 * 1_024 * 1_024) })).toEqual([]);
});

it("refuses forms and parts that come to more than 8 MiB together, and lists every part at fault", () => {
  const content = "a".repeat(5 * 1_024 * 1_024);
  const parts = [1, 2].map((at) => ({ name: `part-${at}`, content }));
  expect(shapeFaults({ path: "/", multipart: parts })).toEqual([
    "multipart: received 10485760 bytes; expected at most 8 MiB; write a smaller body",
  ]);
  expect(shapeFaults({ path: "/", form: { a: content, b: content } })).toHaveLength(1);
  expect(shapeFaults({ path: "/", multipart: [{ name: 1, content: 2 }, 3, {}] })).toHaveLength(5);
});

it("lets no line break or control character through in a path, a method or a header", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const hasControl = /\p{Cc}/u.test(text.replaceAll("\t", ""));
      fc.pre(hasControl);
      expect(shapeFaults({ path: `/${text}` })).not.toEqual([]);
      expect(shapeFaults({ path: "/", method: text })).not.toEqual([]);
      expect(shapeFaults({ path: "/", headers: { "x-a": text } })).not.toEqual([]);
      expect(shapeFaults({ path: "/", headers: { [text]: "a" } })).not.toEqual([]);
    }),
  );
});

it("never throws, whatever a request returned", () => {
  fc.assert(
    fc.property(fc.anything(), (shape) => {
      expect(Array.isArray(shapeFaults(shape))).toBe(true);
      expect(Array.isArray(userFaults(shape))).toBe(true);
    }),
  );
});

it.each(["c1-00000042", "a@b.example", "~"])("accepts the user id %j", (id) => {
  expect(userFaults({ id })).toEqual([]);
});

it.each(["", "a b", "a,b", "a;b", 'a"b', "a\\b", "a\n", "王", 5, undefined])("refuses the user id %j", (id) => {
  expect(userFaults({ id })).toHaveLength(1);
  expect(userFaults(id)).toHaveLength(1);
});
