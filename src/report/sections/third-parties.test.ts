import { expect, it } from "vitest";
import { recordOf } from "../../../test/record-builder.ts";
import type { RunFile } from "../../model/run.ts";
import { thirdPartiesSection } from "./third-parties.ts";

const { run } = recordOf({});
const textOf = (changes: Partial<RunFile>): string =>
  (thirdPartiesSection({ ...run, ...changes })?.text ?? "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

it("says what was agreed, what was declared, and that nobody counted", () => {
  expect(textOf({})).toContain("lab not counted - - - 1 per report 400/s, told by ticket OPS-1234");
});

it("holds what was counted against the limit", () => {
  const counted = (peakPerSec: number) => textOf({ thirdPartyCalls: { lab: { total: 12_000, peakPerSec, perDeclared: 1.004 } } });
  expect(counted(399.7)).toContain("12,000 400/s 1 ");
  expect(counted(399.7)).toContain("within the limit");
  expect(counted(1_200)).toContain("over the limit");
});

it("claims no more than the run has shown", () => {
  const thirdPartyCalls = { lab: { total: 108, peakPerSec: 53, perDeclared: 3 } };
  const ended = { atUs: 2e6, how: "aborted", reason: "declaration wrong", fault: "safety" } as const;
  expect(textOf({ thirdPartyCalls, ended })).toContain("within the limit so far");
});

it("says nothing where no third party is declared", () => {
  expect(thirdPartiesSection({ ...run, plan: { ...run.plan, thirdParties: {} } })).toBeNull();
});
