import { describe, expect, it } from "vitest";
import { plainNetwork, type ConnectionPlan } from "../model/plan.ts";
import type { RequestShape, ScenarioInput } from "../model/scenario.ts";
import { purposes, tagHeaders } from "../model/tags.ts";
import { version } from "../version.ts";
import type { Cookies, JourneySession } from "./journey-session.ts";
import { RequestBuilder, type BuiltRequest } from "./requests.ts";
import { siteAt, sitesOf } from "./sites.ts";

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
const plan = { seed: 9, targets: ["http://127.0.0.1:1"], connections: { ...plainNetwork, policy: "keep-alive" } } as const;
const builder = new RequestBuilder(scenario, { runId: "run-1", plan, setup: undefined });
const build = (operation: number, index = 5) => builder.build(operation, 3, index, 1_000, "load", null);

describe("a request", () => {
  it("carries the run, the user and the purpose in every form a system may look for", () => {
    const { text } = build(0);
    expect(text.startsWith("GET /x/u9-3?n=5 HTTP/1.1\r\nhost: 127.0.0.1:1\r\n")).toBe(true);
    expect(text).toContain("x-synthetic-run: run-1\r\nx-synthetic-user: u9-3\r\nx-synthetic-purpose: load\r\n");
    expect(text).toContain("baggage: synthetic.run=run-1,synthetic.user=u9-3,synthetic.purpose=load\r\n");
    expect(text).toMatch(/user-agent: peakproof\/\d+\.\d+\.\d+ \(synthetic\)\r\n/);
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });

  it.each(purposes)("says of a %s request what any other sender of ours would say", (purpose) => {
    const { text, traceId } = builder.build(0, 3, 5, 0, purpose, null);
    const traceparent = /traceparent: (.*)\r\n/.exec(text)?.[1] ?? "";
    const tag = tagHeaders({ runId: "run-1", userId: "u9-3", purpose }, traceparent, version);
    expect(text.split("\r\n").slice(2, -2)).toEqual(Object.entries(tag).map(([name, value]) => `${name}: ${value}`));
    expect(traceparent).toContain(traceId);
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
    ["a path that never came", { path: undefined }],
    ["a path of another kind", { path: ["/x"] }],
    ["a path that names another host behind a proxy", { path: "@evil.example/x" }],
    ["a path with a part for browsers", { path: "/x#y" }],
    ["a method in small letters", { path: "/", method: "post" }],
    ["a method that is a list", { path: "/", method: ["POST"] }],
    ["a tunnel", { path: "/", method: "CONNECT" }],
    ["a forged tag", { path: "/", headers: { "X-Synthetic-Run": "r" } }],
    ["a length of its own", { path: "/", headers: { "content-length": "0" } }],
    ["a framing of its own", { path: "/", headers: { "Transfer-Encoding": "chunked" } }],
  ])("refuses %s", (_, shape) => {
    expect(() => builder.bytes(0, shape as RequestShape, "u1", 1, "load", null)).toThrow(RangeError);
  });

  it("says whose request failed when the scenario makes none", () => {
    const broken = {
      ...scenario,
      operations: { get: { ...scenario.operations["get"]!, request: () => ({ path: "/no\n" }) } },
    };
    const make = (): unknown =>
      new RequestBuilder(broken, { runId: "r", plan, setup: undefined }).build(0, 57, 1, 0, "load", null);
    expect(make).toThrow('request() of "get" failed for user 57');
  });

  it("announces an absent body of a method that has one", () => {
    expect(build(2).text).toContain("content-length: 0\r\n");
    expect(build(0).text).not.toContain("content-length");
  });

  it("has its operation's own cookie header before those of the journey, in one line", () => {
    const cookies = { headerFor: (url: string) => `from=${url}` } as unknown as Cookies;
    const session: JourneySession = { carried: {}, cookies };
    const { text, ownCookies } = builder.bytes(0, { path: "/x", headers: { Cookie: "own=1" } }, "u1", 1, "load", session);
    expect(ownCookies).toBe("own=1");
    expect(text.match(/^cookie: .*$/gim)).toEqual(["cookie: own=1; from=http://127.0.0.1:1/x"]);
  });

  it("is made of what setup returned and of what its journey carries", () => {
    const operations = {
      get: { kind: "read", weight: 1, request: (_, at) => ({ path: `/${at.setup.token}/${at.carried["id"] ?? "none"}` }) },
    } satisfies ScenarioInput["operations"];
    const made = new RequestBuilder({ ...scenario, operations }, { runId: "r", plan, setup: { token: "t" } });
    const session: JourneySession = { carried: { id: 7 }, cookies: null };
    expect(made.build(0, 1, 1, 0, "load", session).path).toBe("/t/7");
    expect(made.build(0, 1, 1, 0, "load", null).path).toBe("/t/none");
  });
});

describe("where a request goes", () => {
  const at = (targets: readonly string[], network: Partial<ConnectionPlan>) =>
    new RequestBuilder(
      {
        ...scenario,
        operations: { get: scenario.operations["get"]!, own: { ...scenario.operations["get"]!, connection: "fresh" } },
      },
      { runId: "run-1", plan: { ...plan, targets, connections: { ...plan.connections, ...network } }, setup: undefined },
    );
  const hostOf = ({ text }: BuiltRequest) => /\r\nhost: (.*)\r\n/.exec(text)?.[1];

  it("says a port only where it is not the scheme's own, or what the scenario says", () => {
    const host = (target: string, network: Partial<ConnectionPlan> = {}) =>
      hostOf(at([target], network).build(0, 0, 1, 0, "load", null));
    expect(host("https://health.example:443")).toBe("health.example");
    expect(host("http://health.example:443")).toBe("health.example:443");
    expect(host("https://[::1]:8443")).toBe("[::1]:8443");
    expect(host("http://127.0.0.1:1", { host: "health.example" })).toBe("health.example");
  });

  it("is one of several targets, the same for all of a journey", () => {
    const builder = at(["http://a:1", "http://b:2", "http://c:3"], {});
    const target = (index: number) => builder.build(0, 0, index, 0, "load", null).site.target;
    for (const index of [0, 1, 2, 3, 4, 5])
      expect([index + 2 ** 32, index + 2 * 2 ** 32].map(target)).toEqual([target(index), target(index)]);
    expect(builder.build(0, 0, -1, 0, "prepare", null).site.target).toBeLessThan(3);
  });

  it.each([2, 3, 4])("is each of %i targets as often, for the requests of any of as many workers", (count) => {
    const sites = sitesOf(["http://a:1", "http://b:2", "http://c:3", "http://d:4"].slice(0, count), { host: null });
    for (let worker = 0; worker < count; worker++) {
      const times = sites.map(() => 0);
      for (let index = worker; index < 3_000 * count; index += count) times[siteAt(sites, 9, index).target]! += 1;
      for (const of of times) expect(Math.abs(of * count - 3_000)).toBeLessThan(300);
    }
  });

  it("says that a fresh connection is closed after it, but not in HTTP/2, which has no such field", () => {
    const closes = (operation: number, network: Partial<ConnectionPlan>) => {
      const { text, fresh } = at(["http://a:1"], network).build(operation, 0, 1, 0, "load", null);
      return [fresh, text.includes("connection: close\r\n")];
    };
    expect(closes(0, {})).toEqual([false, false]);
    expect(closes(1, {})).toEqual([true, true]);
    expect(closes(0, { policy: "fresh" })).toEqual([true, true]);
    expect(closes(1, { protocol: "h2" })).toEqual([true, false]);
  });
});

it("makes the same bytes in any worker, whatever was made before", () => {
  const parts = [{ name: "file", content: new Uint8Array([0, 13, 10, 255]), filename: "x" }];
  const operations = {
    ...scenario.operations,
    upload: { kind: "write", weight: 1, request: (_, at) => ({ method: "POST", path: `/${at.random}`, multipart: parts }) },
    form: { kind: "write", weight: 1, request: (user) => ({ method: "POST", path: "/f", form: { id: user.id, name: "李明" } }) },
  } satisfies ScenarioInput["operations"];
  const worker = () => new RequestBuilder({ ...scenario, operations }, { runId: "run-1", plan, setup: undefined });
  const texts = (made: RequestBuilder, order: readonly number[]) =>
    new Map(order.map((index) => [index, made.build(index % 5, index % 10, index, index * 7, "load", null).text]));
  const order = Array.from({ length: 500 }, (_, index) => index);
  expect(texts(worker(), order.toReversed())).toEqual(new Map([...texts(worker(), order)].toReversed()));
  expect(new Set(texts(worker(), order).values()).size).toBe(500);
});
