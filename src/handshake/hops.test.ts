import { expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import type { Hop } from "../model/safety-rules.ts";
import { scenarioOf } from "../scenario/loaded-scenario.fixture.ts";
import { makePlan } from "../scenario/plan.ts";
import { prepareHops, type PreparedHop } from "./hops.ts";

function prepared(hop: Hop, environment: Readonly<Record<string, string>> = {}): PreparedHop | undefined {
  const handshake = { hops: { here: hop } };
  return prepareHops(handshake, makePlan(scenarioOf({ handshake }), {}), environment)[0];
}

it("names what is connected to, for the allow list", () => {
  expect(prepared({ http: { path: "/seen/{run}" } })).toMatchObject({ operations: ["report"], reaches: "127.0.0.1" });
  expect(prepared({ http: { path: "https://lab.example/calls/{run}" } })?.reaches).toBe("lab.example");
  expect(
    prepared({ postgres: { url: "env:DB", query: "SELECT 1" } }, { DB: "postgres://me:pw@db.example:5432/x" })?.reaches,
  ).toBe("db.example");
  expect(prepared({ redis: { url: "redis://cache.example/0", key: "{run}" } })?.reaches).toBe("cache.example");
  expect(prepared({ log: { file: "a.log", pattern: "{run}" } })?.reaches).toBeNull();
  expect(prepared({ seen: async () => true, operations: [] })).toMatchObject({ operations: [], reaches: null });
});

it("says which secret is not set, and takes a fallback for a token on loopback only", () => {
  const missing = (hop: Hop): string => faultOf(() => prepared(hop)).message;
  expect(missing({ http: { path: "/{run}", token: "env:TOKEN" } })).toBe('hop "here" needs what is not set: TOKEN');
  expect(missing({ postgres: { url: "env:DB", query: "SELECT 1" } })).toBe('hop "here" needs what is not set: DB');
  const token = "env:TOKEN:-public";
  expect(prepared({ http: { path: "/{run}", token } })).toBeDefined();
  expect(missing({ http: { path: "http://lab.example/{run}", token } })).toBe('hop "here" needs what is not set: TOKEN');
  expect(prepared({ http: { path: "http://lab.example/{run}", token } }, { TOKEN: "t" })).toBeDefined();
});

it("refuses an address that names no run, or that carries credentials, and does not repeat them", () => {
  expect(faultOf(() => prepared({ http: { path: "/seen" } })).kind).toBe("usage");
  const fault = faultOf(() => prepared({ http: { path: "http://me:hunter2@lab.example/{run}" } }));
  expect(JSON.stringify(fault.detail)).not.toContain("hunter2");
  expect(faultOf(() => prepared({ redis: { url: "env:R", key: "{run}" } }, { R: "hunter2" })).message).not.toContain("hunter2");
});
