import type { Tally } from "../../src/model/run.ts";
import { formatShare } from "../../src/model/units.ts";
import { evidence, no, notEnough, yes, type Rule } from "../rule.ts";

/** More than half of the replies. Diagnosis, class N: 4xx and 3xx from the first step on mean a wrong test, not a slow target. */
const wrongShareMax = 0.5;
/** Replies below which no share is worth a sentence. A guess. */
const repliesMin = 20;

/**
 * The test itself is wrong: most replies of the base step are redirects, client errors or fail the scenario's own checks. A refusal
 * (429) is not one of them. Explains: wrong replies / everything that did not end `ok` at the base step.
 */
export const testInvalid: Rule = {
  code: "TEST_INVALID",
  judge({ base }) {
    if (base === null) return notEnough("the base step was not finished");
    const { tally } = base;
    if (tally.done < repliesMin) return notEnough(`the base step got ${tally.done} replies, fewer than ${repliesMin}`);
    const wrong = wrongReplies(tally);
    const count = wrong.reduce((sum, [, replies]) => sum + replies, 0);
    const share = count / tally.done;
    if (share <= wrongShareMax) return no(`${formatShare(share)} of the base step's replies were wrong`);
    const clause = `${formatShare(share)} of them were ${wrong.map(([key]) => key).join(", ")}`;
    return yes(
      {
        code: "TEST_INVALID",
        severity: "problem",
        confidence: 0.95, // a guess
        explains: count / Math.max(1, tally.due - tally.ok),
        evidence: [
          evidence("wrong replies / replies", share, wrongShareMax, "share", base.window),
          ...wrong.map(([key, replies]) => evidence(`errors ${key}`, replies, null, "replies", base.window)),
        ],
        advice:
          `The target answered, but not what the scenario expects: ${clause}. Send one request of each operation with ` +
          "`peakproof try`, and correct the path, the credentials, the prepared rows or `expect` before judging any speed.",
      },
      clause,
    );
  },
};

/** Error keys that stand for a wrong reply, most frequent first. */
function wrongReplies(tally: Tally): [string, number][] {
  return Object.entries(tally.errors)
    .filter(([key]) => /^(status:[34]\d\d|check:.+)$/.test(key) && key !== "status:429")
    .toSorted((a, b) => b[1] - a[1]);
}
