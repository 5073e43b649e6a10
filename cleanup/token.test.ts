import { expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { resolveToken } from "./token.ts";

const runWith = (token: string | undefined, admin = "http://127.0.0.1:1") =>
  exampleRun({ plan: { admin, cleanup: { http: { path: "/{run}", ...(token === undefined ? {} : { token }) } } } });

it("reads the variable that the scenario names, without the newline that $(cat) leaves", () => {
  expect(resolveToken(runWith("env:MY_TOKEN"), { MY_TOKEN: "abc\n" })).toBe("abc");
});

it("needs none where the scenario names none", () => {
  expect(resolveToken(runWith(undefined), {})).toBeNull();
  expect(resolveToken(exampleRun({ plan: { cleanup: null } }), {})).toBeNull();
});

it("falls back on loopback, and only there", () => {
  expect(resolveToken(runWith("env:T:-dev"), {})).toBe("dev");
  expect(resolveToken(runWith("env:T:-dev"), { T: "own" })).toBe("own");
  expect(() => resolveToken(runWith("env:T:-dev", "http://10.0.0.5:1"), {})).toThrow(/T is not set .*loopback only/);
});

it("names the variable that is missing or unusable, never its value", () => {
  expect(() => resolveToken(runWith("env:T"), {})).toThrow(/T is not set/);
  expect(() => resolveToken(runWith("env:T"), { T: "two words" })).toThrow(/token in T cannot be sent/);
  expect(() => resolveToken(runWith("env:T"), { T: "two words" })).not.toThrow(/two words/);
});
