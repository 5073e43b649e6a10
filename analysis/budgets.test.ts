import { expect, it } from "vitest";
import type { BudgetResult } from "../src/model/verdict.ts";
import { recordOf, type World } from "../test/record-builder.ts";
import { crashedAt } from "../test/record-loss.ts";
import { judgeBudgets } from "./budgets.ts";
import { viewOf } from "./view.ts";

const judge = (budgets: string[], world: Partial<World> = {}): BudgetResult[] =>
  judgeBudgets(viewOf(recordOf({ multiples: [1, 3, 5], holdSec: 8, budgets, ...world })));
const short = (results: BudgetResult[]): string[] => results.map(({ multiple, result }) => `${multiple}x ${result}`);

it("gives one result per budget and multiple in its scope, the repeat left out", () => {
  const results = judge(["scan response p99 <= 200ms up to 3x", "errors <= 0.1%"]);
  expect(results.map(({ text, multiple }) => `${multiple}x ${text}`)).toEqual([
    "1x scan response p99 <= 200ms up to 3x",
    "3x scan response p99 <= 200ms up to 3x",
    "1x errors <= 0.1%",
    "3x errors <= 0.1%",
    "5x errors <= 0.1%",
  ]);
  expect(results.every(({ result }) => result === "met")).toBe(true);
});

it("measures a percentile in microseconds and holds it against the limit", () => {
  const [met, missed] = judge(["response p50 <= 1ms up to 1x", "response p99 <= 1ms up to 1x"]);
  expect(met).toMatchObject({ limit: 1_000, result: "met" });
  expect(missed).toMatchObject({ limit: 1_000, result: "missed" });
  expect(missed?.measured).toBeGreaterThan(4_000);
});

it("counts a refusal as infinitely late: fast 429s make no percentile better", () => {
  const [p50, p90, p99] = judge(["response p50 <= 1s", "response p90 <= 1s", "response p99 <= 1s"], {
    multiples: [5],
    quotaPerSec: 800,
  });
  expect(p50).toMatchObject({ result: "met" });
  expect(p90).toMatchObject({ measured: "infinite", result: "missed" });
  expect(p99).toMatchObject({ measured: "infinite", result: "missed" });
});

it("never meets a budget with too few requests due for its percentile", () => {
  const results = judge(["report response p99 <= 10s", "report response p90 <= 10s"]);
  expect(short(results)).toEqual(["1x not-measured", "3x not-measured", "5x not-measured", "1x met", "3x met", "5x met"]);
  expect(results[0]?.measured).toBeNull();
});

it("measures errors as the share of everything due that did not end ok", () => {
  const [result] = judge(["errors <= 10%"], { multiples: [5], quotaPerSec: 500 });
  expect(result?.result).toBe("missed");
  expect(result?.measured).toBeGreaterThan(0.45);
  expect(result?.measured).toBeLessThan(0.55);
});

it("has not measured an operation that got no request, nor a step that was not finished", () => {
  expect(short(judge(["nobody errors <= 1% up to 1x", "nobody response p50 <= 1s up to 1x"]))).toEqual([
    "1x not-measured",
    "1x not-measured",
  ]);
  const crashed = crashedAt(recordOf({ multiples: [1, 3], holdSec: 8, budgets: ["errors <= 1%"] }), 2);
  expect(short(judgeBudgets(viewOf(crashed)))).toEqual(["1x met", "3x not-measured"]);
});

it("judges each clock by its own histogram", () => {
  const results = judge(["lag p99 <= 1ms", "wait p99 <= 1ms", "service p99 <= 1ms"].map((text) => `${text} up to 1x`));
  expect(short(results)).toEqual(["1x met", "1x met", "1x missed"]);
});

it("neither meets nor misses a budget in a hold that had not recovered from a higher one, and names that", () => {
  const stages = [1, 5, 1].map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 }));
  const results = judge(["response p90 <= 200ms up to 1x", "errors <= 50% up to 1x"], {
    stages,
    warmupSec: 0,
    capacityPerSec: 400,
  });
  expect(short(results)).toEqual(["1x met", "1x not-measured", "1x met", "1x not-measured"]);
  expect(results.map(({ unrecoveredFrom }) => unrecoveredFrom)).toEqual([undefined, 5, undefined, 5]);
  expect(results[1]).toMatchObject({ measured: null, limit: 200_000 });
});
