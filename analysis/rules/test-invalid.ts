import type { Tally } from "../../src/model/run.ts";
import { formatShare } from "../../src/model/units.ts";
import type { Imbalance } from "../littles-law.ts";
import { evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import type { StepView } from "../steps.ts";

/** More than half of the replies. Diagnosis, class N: 4xx and 3xx from the first step on mean a wrong test, not a slow target. */
const wrongShareMax = 0.5;
/** Replies below which no share is worth a sentence. A guess. */
const repliesMin = 20;

/**
 * The test itself is wrong: most replies of the base step are redirects, client errors or fail the scenario's own checks (a refusal,
 * 429, is not one of them), or what was measured there contradicts itself. Explains: wrong replies / everything that did not end `ok`
 * at the base step; all of it where the measurement is wrong.
 */
export const testInvalid: Rule = {
  code: "TEST_INVALID",
  judge({ base }) {
    if (base === null) return notEnough("the base step was not finished");
    return base.imbalance === null ? wrongReplies(base) : wrongBooks(base.imbalance);
  },
};

/** Whether most of a step's replies are not what the scenario expects. */
export function wrongReplies({ tally, window }: StepView): Ruling {
  if (tally.done < repliesMin) return notEnough(`the base step got ${tally.done} replies, fewer than ${repliesMin}`);
  const wrong = wrongKeys(tally);
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
        evidence("wrong replies / replies", share, wrongShareMax, "share", window),
        ...wrong.map(([key, replies]) => evidence(`errors ${key}`, replies, null, "replies", window)),
      ],
      advice:
        `The target answered, but not what the scenario expects: ${clause}. Send one request of each operation with ` +
        "`peakproof try`, and correct the path, the credentials, the prepared rows or `expect` before judging any speed.",
    },
    clause,
  );
}

function wrongBooks(imbalance: Imbalance): Ruling {
  return yes(
    {
      code: "TEST_INVALID",
      severity: "problem",
      confidence: 0.99, // a guess: without a fault the two accounts are equal to the last digit.
      explains: 1,
      evidence: [imbalance.evidence],
      advice:
        `The measurement of the base step contradicts itself: ${imbalance.clause}. Run it again; if it comes again and the machine's ` +
        "clock is sound, please report it with the run's folder.",
    },
    `the measurement contradicts itself: ${imbalance.clause}`,
  );
}

/** Error keys that stand for a wrong reply, most frequent first. */
function wrongKeys(tally: Tally): [string, number][] {
  return Object.entries(tally.errors)
    .filter(([key]) => /^(status:[34]\d\d|check:.+)$/.test(key) && key !== "status:429")
    .toSorted((a, b) => b[1] - a[1]);
}
