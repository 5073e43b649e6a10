import { describe, expect, it } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import { defaultAbortRules, parseAbortRules, readAbortRule, watchedMetrics, type AbortContext } from "./abort-rules.ts";

const context: AbortContext = { operations: ["scan", "report"], hasLanes: true, hasMetrics: true };

describe("an abort rule", () => {
  it.each([
    ["errors > 50% for 5s", { kind: "requests", operation: null, share: 0.5, limitUs: null, windowSec: 5 }],
    ["scan  errors>2.5 % for 10s", { kind: "requests", operation: "scan", share: 0.025, limitUs: null, windowSec: 10 }],
    ["scan p99 > 5s for 10s", { kind: "requests", operation: "scan", limitUs: 5_000_000, windowSec: 10 }],
    [
      "report response p50 > 800ms for 1m",
      { kind: "requests", operation: "report", share: 0.5, limitUs: 800_000, windowSec: 60 },
    ],
    ["lane p90 > 1s for 5s", { kind: "lane", limitUs: 1_000_000, windowSec: 5 }],
    ["metric queue_depth > 10000 for 3s", { kind: "metric", isUntagged: false, name: "queue_depth", labels: {}, limit: 10_000 }],
    [
      'untagged http_seconds{purpose="real", quantile="0.99"} > 0.5 for 3s',
      { kind: "metric", isUntagged: true, name: "http_seconds", labels: { purpose: "real", quantile: "0.99" }, limit: 0.5 },
    ],
    [
      'untagged http_request_duration_seconds{purpose="real"} p99 > 500ms for 5s',
      { kind: "histogram", isUntagged: true, name: "http_request_duration_seconds", labels: { purpose: "real" }, limit: 0.5 },
    ],
    ["metric reply_ms p50 > 2s for 5s", { kind: "histogram", isUntagged: false, share: 0.5, limit: 2_000 }],
    ["metric healthy_instances < 2 for 5s", { kind: "metric", isBelow: true, limit: 2 }],
  ])("reads %s", (text, rule) => {
    expect(readAbortRule(text, context)).toMatchObject(rule);
  });

  it.each([
    ["errors > 50%", "does not end in a window"],
    ["errors > 50% for 500ms", "whole seconds"],
    ["errors > 50% for 2h", "whole seconds"],
    ["errors > 100% for 5s", "never holds"],
    ["scna errors > 1% for 5s", "speaks of scna, which is no operation: there are scan, report"],
    ["p0 > 1s for 5s", "a percentile lies between"],
    ["p99 > 5 for 5s", "is no rule"],
    ["p99 > 5parsecs for 5s", "no duration"],
    ["untagged p99 > 1s for 5s", "is no rule on a series"],
    ["metric queue p100 > 1s for 5s", "a percentile lies between"],
    ["metric queue p99 > 1x for 5s", "no duration"],
    ["metric queue{depth} > 1 for 5s", "is no rule on a series"],
    ["metric queue > 1.2.3 for 5s", "is no rule on a series"],
    ["the target burns for 5s", "is no rule"],
  ])("is refused: %s", (text, reason) => {
    expect(readAbortRule(text, context)).toContain(reason);
  });

  it("needs what it is measured by", () => {
    const bare = { ...context, hasLanes: false, hasMetrics: false };
    expect(readAbortRule("lane p99 > 1s for 5s", bare)).toContain("needs lanes");
    expect(readAbortRule("metric queue > 1 for 5s", bare)).toContain("needs observe");
  });
});

it("says everything that is wrong at once", () => {
  const fault = faultOf(() => parseAbortRules(["errors > 1% for 5s", "what", "scna errors > 1% for 5s"], context));
  expect(fault.kind).toBe("usage");
  expect(fault.message).toMatch(/"what" does not end.*; "scna errors/);
});

it("has rules of its own that can be read", () => {
  expect(parseAbortRules(defaultAbortRules, { operations: [], hasLanes: false, hasMetrics: false })).toHaveLength(1);
});

it("says which metrics a page must keep for it", () => {
  const abort = ["metric queue_depth > 5 for 3s", "untagged http_seconds p99 > 1s for 3s", "errors > 50% for 5s"];
  const plan = {
    operations: [],
    lanes: null,
    observe: { prometheus: "/metrics", pids: [] },
    safety: { abort, ceilings: {}, lease: null },
  };
  expect([...watchedMetrics(plan)]).toEqual(["queue_depth", "http_seconds_bucket"]);
});
