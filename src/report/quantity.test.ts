import { describe, expect, it } from "vitest";
import { codeInWords, formatBudget, formatBytes, formatInstant, formatQuantity } from "./quantity.ts";

describe("quantities", () => {
  it.each([
    [45_600, "us", "45.6 ms"],
    [1.5, "s", "1.5 s"],
    [0.964, "cores", "0.964 cores"],
    [0.156, "share", "15.6 %"],
    [500, "1/s", "500/s"],
    [3_221_225_472, "bytes", "3 GiB"],
    [12_000, "count", "12,000"],
  ])("writes %d %s as %s", (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });

  it("writes a budget's value in the budget's unit", () => {
    const common = { multiple: 1, measured: null, limit: 1, result: "met" } as const;
    expect(formatBudget({ ...common, text: "errors <= 0.1%" }, 0.001)).toBe("0.1 %");
    expect(formatBudget({ ...common, text: "response p99 <= 1s" }, 200_000)).toBe("200 ms");
    expect(formatBudget({ ...common, text: "response p99 <= 1s" }, "infinite")).toBe("never");
    expect(formatBudget({ ...common, text: "response p99 <= 1s" }, null)).toBe("-");
  });

  it("writes codes, instants and sizes for people", () => {
    expect(codeInWords("CPU_QUOTA_THROTTLED")).toBe("CPU quota throttled");
    expect(formatInstant("2026-11-21T01:55:09.123Z")).toBe("2026-11-21 01:55 UTC");
    expect(formatInstant("<b>soon</b>")).toBe("<b>soon</b>");
    expect(formatBytes(512)).toBe("512 B");
  });
});
