import { formatCount, formatShare } from "../../src/model/units.ts";
import { targetThreads } from "../cpu.ts";
import { evidence, no, notEnough, yes, type Rule } from "../rule.ts";
import { okPerSec, type StepView } from "../steps.ts";
import type { View } from "../view.ts";

/** How busy the busiest thread must be at the top step, and how much busier than at the base, for a line through both. Guesses. */
const projectableCores = 0.2;
const projectableGrowth = 1.5;

/** Nothing missed a limit, and something met one. Whether some rule found a problem all the same is the ranking's to see. */
export const healthy: Rule = {
  code: "HEALTHY",
  judge(view) {
    if (view.failing !== null) return no(`${view.failing.step.window} missed a limit`);
    const top = view.steps.findLast((step) => step.standing === "held");
    if (view.base === null || top === undefined) return notEnough("a base step and one step that met a limit");
    const ceiling = ceilingPerSec(view, top);
    const next =
      ceiling === null
        ? ""
        : ` By the utilisation law its busiest thread would be full at about ${formatCount(Math.round(ceiling))}/s: try that next.`;
    return yes(
      {
        code: "HEALTHY",
        severity: "information",
        confidence: 0.9, // a guess
        explains: 0,
        evidence: [
          ...top.limits.flatMap(({ what, measured, limit, unit }) =>
            typeof measured === "number" ? [evidence(what, measured, limit, unit, top.window)] : [],
          ),
          ...(ceiling === null ? [] : [evidence("projected ceiling (utilisation law)", ceiling, null, "1/s", top.window)]),
        ],
        advice: `No bottleneck up to ${top.step.multiple}x (${formatCount(top.step.ratePerSec)}/s); ${servedText(top)}.${next}`,
      },
      "no limit was missed",
    );
  },
};

function servedText({ tally }: StepView): string {
  return `${formatShare(tally.ok / Math.max(1, tally.due))} of what was due was served`;
}

/**
 * Utilisation law U = U0 + D X through the base and the top step, at U = 1 (diagnosis 5.3: within 5 % where demand per request is
 * constant). Null where the thread was not sampled or hardly busier.
 */
function ceilingPerSec(view: View, top: StepView): number | null {
  if (view.base === null || view.base === top) return null;
  const hot = targetThreads(view, top)[0];
  const before = targetThreads(view, view.base).find((thread) => thread.source === hot?.source);
  const rate = okPerSec(top);
  const baseRate = okPerSec(view.base);
  if (hot === undefined || before === undefined || rate === null || baseRate === null || rate <= baseRate) return null;
  if (hot.cores < projectableCores || hot.cores < projectableGrowth * before.cores) return null;
  return rate + ((1 - hot.cores) * (rate - baseRate)) / (hot.cores - before.cores);
}
