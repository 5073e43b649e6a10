/** What the run answers: how far it holds, where it breaks, and one sentence for whoever is called at night. */
import type { StepRecord, Validity } from "../src/model/run.ts";
import type { Answer } from "../src/model/verdict.ts";
import { formatCount } from "../src/model/units.ts";
import type { Ranking } from "./ranking.ts";
import type { JudgedStep, View } from "./view.ts";

/** The highest multiple that held with all below it, the lowest that broke, and why. Void steps neither hold nor break. */
export function answerOf(view: View, ranking: Ranking, validity: Validity): Answer {
  const cause = ranking.cause?.code ?? null;
  if (validity.grade === "invalid") {
    return { holdsMultiple: null, breaksAt: null, cause, sentence: `No answer. ${validity.reasons.join(" ")}` };
  }
  const stop = view.steps.findIndex(({ standing }) => standing === "broke" || standing === "void");
  const below = stop === -1 ? view.steps : view.steps.slice(0, stop);
  const parts = {
    holds: below.findLast(({ standing }) => standing === "held"),
    breaks: view.steps.find(({ standing }) => standing === "broke"),
    limited: view.steps.find(({ standing }) => standing === "void"),
  };
  return {
    holdsMultiple: parts.holds?.step.multiple ?? null,
    breaksAt: parts.breaks?.step.multiple ?? null,
    cause,
    sentence: [mainSentence(view, parts, ranking), ...remarks(view, parts)].join(" "),
  };
}

interface Parts {
  readonly holds: JudgedStep | undefined;
  readonly breaks: JudgedStep | undefined;
  readonly limited: JudgedStep | undefined;
}

function mainSentence(view: View, { holds, breaks, limited }: Parts, ranking: Ranking): string {
  const clause = ranking.cause?.clause ?? "no rule could say why";
  const gated = limited !== undefined && (breaks === undefined || limited.step.multiple < breaks.step.multiple);
  if (gated) {
    const held = holds === undefined ? "No step below it could be judged" : `Holds at least ${peak(holds)}`;
    const then = breaks === undefined ? "" : `; at ${rate(breaks.step)} it breaks: ${clause}`;
    return `${held}; at ${rate(limited.step)} the load generator was the limit, so what the target can do there is not known${then}.`;
  }
  if (breaks !== undefined) {
    return holds === undefined
      ? `Does not hold ${peak(breaks)}: ${clause}.`
      : `Holds ${peak(holds)}; at ${rate(breaks.step)} it breaks: ${clause}.`;
  }
  if (holds === undefined) return "No answer: no limit had enough requests to be measured; hold the steps longer.";
  const problem = ranking.cause === null ? "nothing broke" : `no limit was missed, but ${clause}`;
  return `Holds ${peak(holds)}, the highest step ${reachOf(view, holds)}; ${problem}.`;
}

function reachOf(view: View, holds: JudgedStep): string {
  if (holds !== view.steps.at(-1)) return "that could be measured";
  return unfinishedOf(view).length === 0 ? "tried" : "finished";
}

function unfinishedOf(view: View): StepRecord[] {
  return view.record.run.steps.filter((step) => step.role === "step" && !view.steps.some((one) => one.step === step));
}

/** What limits the claim: limits that could not be measured, and steps that were planned and never finished. */
function remarks(view: View, { holds }: Parts): string[] {
  const unmeasured = holds?.limits.filter((limit) => limit.met === null) ?? [];
  const unfinished = unfinishedOf(view);
  return [
    ...(unmeasured.length === 0
      ? []
      : [`Not measured there, for want of requests: ${unmeasured.map((limit) => limit.what).join(", ")}.`]),
    ...(unfinished.length === 0 ? [] : [`Not finished: ${unfinished.map((step) => `${step.multiple}x`).join(", ")}.`]),
  ];
}

function peak({ step }: JudgedStep): string {
  return `${step.multiple}x peak (${formatCount(step.ratePerSec)}/s)`;
}

function rate(step: StepRecord): string {
  return `${step.multiple}x (${formatCount(step.ratePerSec)}/s)`;
}
