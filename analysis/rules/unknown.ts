import { describeLimit } from "../limits.ts";
import { evidence, no, notEnough, yes, type Rule } from "../rule.ts";

/** Error keys that evidence names: the rest is in the step's tally. */
const errorKeysShown = 5;

/** Something missed a limit. The ranking keeps it only where no rule could say why, or only for a small part. */
export const unknown: Rule = {
  code: "UNKNOWN",
  judge({ failing, steps }) {
    if (steps.length === 0) return notEnough("no step was finished");
    if (failing === null) return no("no step missed a limit");
    const { tally, window } = failing.step;
    const errors = Object.entries(tally.errors).toSorted((a, b) => b[1] - a[1]);
    return yes(
      {
        code: "UNKNOWN",
        severity: "problem",
        confidence: 0.5, // a guess: that something is wrong is certain, what it is is not.
        explains: 0,
        evidence: [
          evidence("lost / due", (tally.due - tally.ok) / Math.max(1, tally.due), null, "share", window),
          ...failing.missed.flatMap(({ what, measured, limit, unit }) =>
            typeof measured === "number" ? [evidence(what, measured, limit, unit, window)] : [],
          ),
          ...errors.slice(0, errorKeysShown).map(([key, count]) => evidence(`errors ${key}`, count, null, "requests", window)),
        ],
        advice:
          "No rule explains it, or only a small part. See what could not be judged and supply it: --pid for the target's threads, lanes.trivial, " +
          "observe.prometheus, Server-Timing in the replies. Then look at the first replies of each error in the report.",
      },
      `${failing.missed.slice(0, 2).map(describeLimit).join("; ")}, and no rule explains it`,
    );
  },
};
