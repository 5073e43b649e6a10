import { expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { crashedAt } from "../../test/record-loss.ts";
import { viewOf } from "../view.ts";
import { healthy } from "./healthy.ts";
import { unknown } from "./unknown.ts";

const short = { multiples: [1, 3], holdSec: 6 };

it("says yes where every limit was met, with what the top step measured", () => {
  const ruling = healthy.judge(viewOf(recordOf(short)));
  expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "information", explains: 0 } });
  expect(ruling.verdict === "yes" && ruling.finding.evidence.map((one) => one.signal)).toEqual(["scan response p99", "errors"]);
});

it("projects the ceiling from the busiest thread where that has grown enough", () => {
  const ruling = healthy.judge(viewOf(recordOf({ ...short, capacityPerSec: 1_000 })));
  const ceiling = ruling.verdict === "yes" ? ruling.finding.evidence.at(-1) : undefined;
  expect(ceiling?.signal).toBe("projected ceiling (utilisation law)");
  expect(ceiling?.measured).toBeGreaterThan(900);
  expect(ceiling?.measured).toBeLessThan(1_100);
});

it("says no, and UNKNOWN says yes, where a limit was missed", () => {
  const view = viewOf(recordOf({ ...short, capacityPerSec: 400 }));
  expect(healthy.judge(view).verdict).toBe("no");
  expect(unknown.judge(view)).toMatchObject({ verdict: "yes", finding: { severity: "problem", explains: 0 } });
});

it("has not enough evidence where nothing was finished, or nothing could be measured", () => {
  expect(healthy.judge(viewOf(crashedAt(recordOf(short), 0))).verdict).toBe("not-enough-evidence");
  expect(healthy.judge(viewOf(recordOf({ ...short, budgets: ["report response p99.9 <= 1s"] }))).verdict).toBe(
    "not-enough-evidence",
  );
  expect(unknown.judge(viewOf(crashedAt(recordOf(short), 0))).verdict).toBe("not-enough-evidence");
});
