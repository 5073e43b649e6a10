import { latencyTag } from "../../src/model/record.ts";
import { lagTail } from "../generator.ts";
import { no, notEnough, yes, type Rule } from "../rule.ts";
import type { StepView } from "../steps.ts";
import type { JudgedStep, View } from "../view.ts";

/**
 * The load generator was the limit. A problem at the step that the causes are sought in, at the base step, or where no step missed a
 * limit; else information about another step. Explains: the larger of mean lag / mean response and the share of what was due that was
 * not taken up in time.
 */
export const generatorLimited: Rule = {
  code: "GENERATOR_LIMITED",
  judge(view) {
    if (view.steps.length === 0) return notEnough("no step was finished");
    const step = limitedStep(view);
    if (step === undefined) {
      const blind = view.steps.some((one) => lagTail(view.record, one) === null);
      return blind ? notEnough("lag of every step") : no("the load generator kept its schedule at every step that counts");
    }
    const decides = view.failing === null || [view.failing.step, view.base].includes(step);
    const clauses = step.generatorLimits.map((limit) => limit.clause);
    return yes(
      {
        code: "GENERATOR_LIMITED",
        severity: decides ? "problem" : "information",
        confidence: 0.95, // a guess: these are our own clocks, not an inference.
        explains: decides ? Math.max(lagShare(view, step), shortfall(step)) : 0,
        evidence: step.generatorLimits.map((limit) => limit.evidence),
        advice:
          `What the target can do at ${step.step.multiple}x is not known: ${clauses.join("; ")}. ` +
          "Use more --workers, keep connections alive, drop checks that parse bodies, or move the load to a machine of its own; " +
          "then run the same step again. If a second generator gets more through, the first was the limit.",
      },
      `the load generator was the limit, since ${clauses[0] ?? "it was late"}`,
    );
  },
};

/** The limited step that matters most: the base, then the failing one, then the lowest. One that inherited its lateness has no say. */
function limitedStep(view: View): JudgedStep | undefined {
  const limited = view.steps.filter((step) => step.standing === "void" && step.generatorLimits.length > 0);
  return limited.find((step) => step === view.base) ?? limited.find((step) => step === view.failing?.step) ?? limited[0];
}

function lagShare(view: View, { step }: StepView): number {
  const lag = view.record.latency.get(latencyTag(step.index, "*", "lag", "ok"));
  const response = view.record.latency.get(latencyTag(step.index, "*", "response", "ok"));
  return lag === undefined || response === undefined || response.meanUs <= 0 ? 0 : lag.meanUs / response.meanUs;
}

function shortfall(step: StepView): number {
  const due = step.seconds.reduce((sum, point) => sum + point.due, 0);
  const dispatched = step.seconds.reduce((sum, point) => sum + point.dispatched, 0);
  return due === 0 ? 0 : (due - dispatched) / due;
}
