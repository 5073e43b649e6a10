import { expect, it } from "vitest";
import { Fault } from "../model/fault.ts";
import { resolveToken } from "./token.ts";

it("reads the variable, without the line break of a copied file", () => {
  expect(resolveToken("env:TOKEN", { TOKEN: "abc\n" })).toBe("abc");
});

it("takes the fallback where the variable is not set or empty, and only there", () => {
  expect(resolveToken("env:TOKEN:-open", {})).toBe("open");
  expect(resolveToken("env:TOKEN:-open", { TOKEN: "" })).toBe("open");
  expect(resolveToken("env:TOKEN:-open", { TOKEN: "abc" })).toBe("abc");
});

it("names the variable that is not set", () => {
  expect(() => resolveToken("env:TOKEN", {})).toThrow(
    new Fault("usage", "the environment variable TOKEN is not set", {
      received: "nothing",
      expected: "the token that env:TOKEN refers to",
      fix: "export TOKEN=...",
    }),
  );
});

it.each(["hunter2", "env:", "env:1X", "env:A B", "ENV:TOKEN"])("refuses %j without showing it", (reference) => {
  const act = () => resolveToken(reference, {});
  expect(act).toThrow("a token is named, never written out");
  expect(act).toThrow(expect.objectContaining({ detail: expect.objectContaining({ received: "a value (not shown)" }) }));
});

it("refuses a token that would forge a header, without showing it", () => {
  const act = () => resolveToken("env:TOKEN", { TOKEN: "a\r\nx-admin: 1" });
  expect(act).toThrow("the environment variable TOKEN holds no usable token");
  expect(act).not.toThrow(expect.objectContaining({ message: expect.stringContaining("x-admin") }));
});
