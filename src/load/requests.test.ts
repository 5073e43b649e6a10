import { describe, expect, it } from "vitest";
import type { ScenarioInput } from "../model/scenario.ts";
import { RequestBuilder } from "./requests.ts";

const scenario: ScenarioInput = {
  name: "t",
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 1 }, multiples: [1], hold: "1s" },
  users: { name: "people", pool: 10, popularity: "uniform", user: (seed, index) => ({ id: `u${seed}-${index}` }) },
  operations: {
    get: { kind: "read", weight: 1, request: (user, at) => ({ path: `/x/${user.id}?n=${at.index}` }) },
    post: {
      kind: "write",
      weight: 1,
      request: () => ({ method: "POST", path: "/y", json: { name: "李明" }, headers: { "idempotency-key": "k" } }),
    },
    empty: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/z" }) },
  },
};
const builder = new RequestBuilder(scenario, { runId: "run-1", seed: 9, target: scenario.target });
const build = (operation: number, index = 5) => builder.build(operation, 3, index, 1_000, "load");

describe("a request", () => {
  it("carries the run, the user and the purpose in every form a system may look for", () => {
    const { text } = build(0);
    expect(text.startsWith("GET /x/u9-3?n=5 HTTP/1.1\r\nhost: 127.0.0.1:1\r\n")).toBe(true);
    expect(text).toContain("x-synthetic-run: run-1\r\nx-synthetic-user: u9-3\r\nx-synthetic-purpose: load\r\n");
    expect(text).toContain("baggage: synthetic.run=run-1,synthetic.user=u9-3,synthetic.purpose=load\r\n");
    expect(text).toMatch(/user-agent: peakproof\/\d+\.\d+\.\d+ \(synthetic\)\r\n/);
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });

  it("has a valid traceparent of its own, the same for the same request", () => {
    const traceOf = (index: number) => /traceparent: (.*)\r\n/.exec(build(0, index).text)?.[1];
    expect(traceOf(5)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceOf(5)).toBe(traceOf(5));
    expect(new Set([-2, -1, 0, 1, 2 ** 32, 2 ** 32 + 1].map(traceOf)).size).toBe(6);
  });

  it("announces its body in bytes, not in characters, and hands out its idempotency key", () => {
    const { text, encoding, key } = build(1);
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect([encoding, key, JSON.parse(body)]).toEqual(["utf8", "k", { name: "李明" }]);
  });

  it.each([
    ["a line break in a path", { path: "/x\r\nhost: evil" }],
    ["a blank in a path", { path: "/x y" }],
    ["a line break in a header", { path: "/", headers: { "x-name": "a\r\nx-evil: b" } }],
    ["a letter that is cut down to a line break", { path: "/", headers: { "x-name": "\u4e0a\u5b98" } }],
  ])("refuses %s", (_, shape) => {
    expect(() => builder.bytes(shape, "u1", 1, "load")).toThrow(RangeError);
  });

  it("says whose request failed when the scenario makes none", () => {
    const broken = {
      ...scenario,
      operations: { get: { ...scenario.operations["get"]!, request: () => ({ path: "/no\n" }) } },
    };
    const make = (): unknown =>
      new RequestBuilder(broken, { runId: "r", seed: 1, target: scenario.target }).build(0, 57, 1, 0, "load");
    expect(make).toThrow('request() of "get" failed for user 57');
  });

  it("announces an absent body of a method that has one", () => {
    expect(build(2).text).toContain("content-length: 0\r\n");
    expect(build(0).text).not.toContain("content-length");
  });
});
