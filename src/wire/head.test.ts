import fc from "fast-check";
import { expect, it } from "vitest";
import { headerOf, headersOf, setCookiesOf } from "./head.ts";

const head =
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Twice: a\r\nx-twice:b\r\nEmpty:\r\nSpaces: \t two words \t\r\nX-Tw: no\r\n\r\n";

it("gives the fields by lower-case name, several of one name joined", () => {
  const headers = headersOf(head);
  expect({ ...headers }).toEqual({
    "content-type": "application/json",
    "x-twice": "a, b",
    empty: "",
    spaces: "two words",
    "x-tw": "no",
  });
  expect(headers["constructor"]).toBeUndefined();
});

it("takes any name for a name", () => {
  const headers = headersOf("HTTP/1.1 200 OK\r\n__proto__: 1\r\nconstructor: 2\r\nconstructor: 3\r\n\r\n");
  expect(Object.entries(headers)).toEqual([
    ["__proto__", "1"],
    ["constructor", "2, 3"],
  ]);
});

it("finds one field in any case, the first of several", () => {
  expect(headerOf(head, "content-type")).toBe("application/json");
  expect(headerOf(head, "x-twice")).toBe("a");
  expect(headerOf(head, "empty")).toBe("");
  expect(headerOf(head, "spaces")).toBe("two words");
  expect(headerOf(head, "x-tw")).toBe("no");
  expect(headerOf(head, "x-twic")).toBeUndefined();
  expect(headerOf(head, "http/1.1 200 ok")).toBeUndefined();
  expect(headerOf("", "a")).toBeUndefined();
});

it("keeps several cookies apart, in their order", () => {
  const cookies =
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Sat, 21 Nov 2026 01:47:53 GMT\r\nset-cookies: x\r\nset-cookie:b=2 \r\n\r\n";
  expect(setCookiesOf(cookies)).toEqual(["a=1; Expires=Sat, 21 Nov 2026 01:47:53 GMT", "b=2"]);
  expect(setCookiesOf(head)).toEqual([]);
  expect(setCookiesOf("")).toEqual([]);
});

it("finds what is among all fields, where none comes twice", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const value = fc.stringMatching(/^[!-~]{0,8}$/);
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), name, (fields, missing) => {
      const lines = Object.entries(fields).map(([name, value]) => `${name.toUpperCase()}:  ${value}\r\n`);
      const text = `HTTP/1.1 200 OK\r\n${lines.join("")}\r\n`;
      expect({ ...headersOf(text) }).toEqual(fields);
      for (const [name, value] of Object.entries(fields)) expect(headerOf(text, name)).toBe(value);
      expect(headerOf(text, missing)).toBe(Object.hasOwn(fields, missing) ? fields[missing] : undefined);
    }),
  );
});
