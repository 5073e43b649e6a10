import { expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { crashedAt, withTally } from "../../test/record-loss.ts";
import { viewOf } from "../view.ts";
import { testInvalid } from "./test-invalid.ts";

const short = { multiples: [1, 2], holdSec: 4 };

it("says yes where most replies of the base step are client errors", () => {
  const ruling = testInvalid.judge(viewOf(recordOf({ ...short, wrongShare: 0.9 })));
  expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem", explains: 1 } });
  expect(ruling.verdict === "yes" && ruling.clause).toMatch(/^(8|9)\d.* % of them were status:404$/);
});

it.each(["status:302", "status:401", "check:has id"])("counts %s as a wrong reply", (key) => {
  const record = recordOf(short);
  const due = record.run.steps[1]?.tally?.done ?? 0;
  expect(testInvalid.judge(viewOf(withTally(record, 1, { ok: 0, errors: { [key]: due } }))).verdict).toBe("yes");
});

it.each(["status:429", "status:503", "status:500", "timeout:reading"])("does not count %s as one", (key) => {
  const record = recordOf(short);
  const due = record.run.steps[1]?.tally?.done ?? 0;
  expect(testInvalid.judge(viewOf(withTally(record, 1, { ok: 0, errors: { [key]: due } }))).verdict).toBe("no");
});

it("says no where a few are wrong", () => {
  expect(testInvalid.judge(viewOf(recordOf({ ...short, wrongShare: 0.2 }))).verdict).toBe("no");
});

it("has not enough evidence where hardly anything was answered, or the base step was not finished", () => {
  expect(testInvalid.judge(viewOf(withTally(recordOf(short), 1, { done: 3 }))).verdict).toBe("not-enough-evidence");
  expect(testInvalid.judge(viewOf(crashedAt(recordOf(short), 1))).verdict).toBe("not-enough-evidence");
});
