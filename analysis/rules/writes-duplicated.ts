import { shareAtLeast } from "../../src/model/detection.ts";
import type { Evidence } from "../../src/model/finding.ts";
import type { WriteTruth } from "../../src/model/run.ts";
import { countOf } from "../../src/model/units.ts";
import { evidence, no, notEnough, yes, type Rule } from "../rule.ts";
import { wholeRun } from "./writes-lost.ts";

/**
 * The target applied accepted writes more than once: by itself, or because they came twice with one idempotency key, which is what the
 * key is there to make harmless. Explains nothing of a missed limit.
 */
export const writesDuplicated: Rule = {
  code: "WRITES_DUPLICATED",
  judge({ record: { run } }) {
    const truths = Object.entries(run.writes ?? {}).filter(
      ([, { duplicated, replays }]) => duplicated !== null || (replays?.twice ?? 0) > 0,
    );
    if (truths.length === 0)
      return notEnough("reads that tell how often an accepted write was applied (writes, readBack, applied)");
    const bad = truths.filter(([, truth]) => doubledOf(truth) > 0);
    const looked = truths.reduce((sum, [, { visible, replays }]) => sum + visible + (replays?.sent ?? 0), 0);
    if (bad.length === 0) return no(`${countOf(looked, "accepted write")} read back, none applied more than once`);
    const doubled = bad.reduce((sum, [, truth]) => sum + doubledOf(truth), 0);
    return yes(
      {
        code: "WRITES_DUPLICATED",
        severity: "problem",
        confidence: 0.95, // a guess: what was counted was counted by the target itself
        explains: 0,
        evidence: bad.flatMap(([name, truth]) => evidenceOf(name, truth)),
        advice:
          `Writes had more than one effect (${bad.map(([name]) => name).join(", ")}). Where a request, a queue's delivery or a job can be tried ` +
          "again, it will be: give each write a key that its sender makes, and have the store refuse the second one with it (a unique index, " +
          "in the same transaction as the effect). A queue that delivers at least once needs a consumer that recognises what it has done.",
      },
      `${countOf(doubled, "accepted write")} of those read back ${doubled === 1 ? "was" : "were"} applied more than once`,
    );
  },
};

function doubledOf({ duplicated, replays }: WriteTruth): number {
  return (duplicated ?? 0) + (replays?.twice ?? 0);
}

function evidenceOf(name: string, { duplicated, visible, replays, proof, examples }: WriteTruth): Evidence[] {
  const such = examples.twice[0] === undefined ? "" : `, such as trace ${examples.twice[0]}`;
  return [
    ...(duplicated === null || duplicated === 0
      ? []
      : [
          evidence(`"${name}" applied more than once${such}`, duplicated, 0, "writes", wholeRun),
          evidence(`"${name}" applied more than once, share of those read back`, duplicated / visible, 0, "share", wholeRun),
          evidence(
            `"${name}" applied more than once, share of all, at least (95 %)`,
            shareAtLeast(duplicated, visible),
            null,
            "share",
            wholeRun,
          ),
          evidence(
            `"${name}" applied more than once, share of all, at most (95 %)`,
            proof.duplicatedAtMost ?? 1,
            null,
            "share",
            wholeRun,
          ),
        ]),
    ...(replays === null || replays.twice === 0
      ? []
      : [
          evidence(
            `"${name}" sent twice with one key, and applied twice, of ${replays.sent}${such}`,
            replays.twice,
            0,
            "writes",
            wholeRun,
          ),
        ]),
  ];
}
