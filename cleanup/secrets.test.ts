import { expect, it } from "vitest";
import { exampleRun } from "./example-run.ts";
import { resolveSecrets } from "./secrets.ts";

const runWith = (token: string | undefined, admin = "http://127.0.0.1:1") =>
  exampleRun({
    plan: { admin, cleanup: { stores: [{ kind: "http", path: "/{run}", ...(token === undefined ? {} : { token }) }] } },
  });

it("reads the variable that the scenario names, without the newline that $(cat) leaves", () => {
  expect(resolveSecrets(runWith("env:MY_TOKEN"), { MY_TOKEN: "abc\n" })).toEqual({ http: "abc" });
});

it("needs none where the scenario names none", () => {
  expect(resolveSecrets(runWith(undefined), {})).toEqual({});
  expect(resolveSecrets(exampleRun({ plan: { cleanup: null } }), {})).toEqual({});
  expect(resolveSecrets(exampleRun({ plan: { cleanup: { none: "rows expire" } } }), {})).toEqual({});
});

it("falls back on loopback, and only there", () => {
  expect(resolveSecrets(runWith("env:T:-dev"), {})).toEqual({ http: "dev" });
  expect(resolveSecrets(runWith("env:T:-dev"), { T: "own" })).toEqual({ http: "own" });
  expect(() => resolveSecrets(runWith("env:T:-dev", "http://10.0.0.5:1"), {})).toThrow(/not set: T .*loopback only/);
});

it("names the variable that is missing or unusable, never its value", () => {
  expect(() => resolveSecrets(runWith("env:T"), {})).toThrow(/not set: T$/);
  expect(() => resolveSecrets(runWith("env:T"), { T: "two words" })).toThrow(/token in T cannot be sent/);
  expect(() => resolveSecrets(runWith("env:T"), { T: "two words" })).not.toThrow(/two words/);
});

it("gives each store its own, and names all that are missing at once", () => {
  const stores = ["env:A", "env:B", "env:C"].map((token) => ({ kind: "http", path: "/{run}", token }) as const);
  const run = exampleRun({ plan: { cleanup: { stores } } });
  expect(resolveSecrets(run, { A: "1", B: "2", C: "3" })).toEqual({ http: "1", "http-2": "2", "http-3": "3" });
  expect(() => resolveSecrets(run, { B: "2" })).toThrow("cleanup needs what is not set: A, C");
});
