/** What the run answers: how far it holds, where it breaks, and one sentence for whoever is called at night. */
import type { StepRecord, Validity } from "../src/model/run.ts";
import type { Answer } from "../src/model/verdict.ts";
import { formatCount } from "../src/model/units.ts";
import type { Level } from "./levels.ts";
import type { Ranking } from "./ranking.ts";
import { missedLimit, type Standing, type View } from "./view.ts";

/** The highest multiple that held with all below it, the lowest that broke, and why. Void steps neither hold nor break. */
export function answerOf(view: View, ranking: Ranking, validity: Validity): Answer {
  const cause = ranking.cause?.code ?? null;
  const wrongs = ranking.wrongs.length === 0 ? [] : [`But ${ranking.wrongs.join(", and ")}.`];
  if (validity.grade === "invalid") {
    return {
      holdsMultiple: null,
      breaksAt: null,
      cause,
      sentence: [noAnswer(view), ...validity.reasons, ...wrongs].join(" "),
    };
  }
  const { levels } = view;
  const stop = levels.findIndex(({ standing }) => standing === "broke" || standing === "void");
  const below = stop === -1 ? levels : levels.slice(0, stop);
  const parts = {
    holds: below.findLast(({ standing }) => standing === "held"),
    breaks: levels.find(({ standing }) => standing === "broke"),
    doubted: levels.find(({ standing }) => standing === "void"),
  };
  return {
    holdsMultiple: parts.holds?.multiple ?? null,
    breaksAt: parts.breaks?.multiple ?? null,
    ...brokenSteps(view),
    cause,
    sentence: [mainSentence(view, parts, ranking), ...remarks(view, parts), ...wrongs].join(" "),
  };
}

/** Why a run was broken off says more than what is missing from it. */
function noAnswer({ record: { run } }: View): string {
  const { how = "finished", reason = null } = run.ended ?? {};
  return how === "finished" || reason === null ? "No answer." : `No answer: ${reason}.`;
}

function brokenSteps({ steps }: View): Pick<Answer, "brokeSteps"> {
  if (!steps.some(({ standing }) => standing === "broke")) return {};
  const broke = steps.filter((one) => one.standing === "broke" || (one.standing === "unrecovered" && missedLimit(one)));
  return { brokeSteps: broke.map(({ step }) => step.index).toSorted((a, b) => a - b) };
}

interface Parts {
  readonly holds: Level | undefined;
  readonly breaks: Level | undefined;
  readonly doubted: Level | undefined;
}

function mainSentence(view: View, { holds, breaks, doubted }: Parts, ranking: Ranking): string {
  const clause = ranking.cause?.clause ?? "no rule could say why";
  const gated = doubted !== undefined && (breaks === undefined || doubted.multiple < breaks.multiple);
  if (gated) {
    const held = holds === undefined ? "No step below it could be judged" : `Holds at least ${peak(holds)}`;
    const then = breaks === undefined ? "" : `; at ${rate(breaks)} it breaks: ${clause}`;
    return `${held}; at ${rate(doubted)} ${doubtOf(doubted)}, so what the target can do there is not known${then}.`;
  }
  if (breaks !== undefined) {
    return holds === undefined
      ? `Does not hold ${peak(breaks)}: ${clause}.`
      : `Holds ${peak(holds)}; at ${rate(breaks)} it breaks: ${clause}.`;
  }
  if (holds === undefined) return "No answer: no limit had enough requests to be measured; hold the steps longer.";
  const problem = ranking.cause === null ? "nothing broke" : `no limit was missed, but ${clause}`;
  return `Holds ${peak(holds)}, the highest step ${reachOf(view, holds)}; ${problem}.`;
}

function doubtOf({ steps }: Level): string {
  const isLimited = steps.some(({ generatorLimits }) => generatorLimits.length > 0);
  return isLimited ? "the load generator was the limit" : "the measurement contradicts itself";
}

function reachOf(view: View, holds: Level): string {
  if (holds !== view.levels.at(-1)) return "that could be measured";
  return unfinishedOf(view).length === 0 ? "tried" : "finished";
}

function unfinishedOf(view: View): StepRecord[] {
  return view.record.run.steps.filter((step) => step.role === "step" && !view.steps.some((one) => one.step === step));
}

/**
 * What limits the claim: a multiple held once and not again, holds that had not recovered from a higher one, limits that could not be
 * measured, steps that were never finished.
 */
function remarks(view: View, { holds, breaks }: Parts): string[] {
  const unmeasured = new Set(
    holds?.steps.flatMap(({ limits }) => limits.filter(({ met }) => met === null)).map(({ what }) => what),
  );
  const unfinished = unfinishedOf(view);
  return [
    ...(breaks === undefined ? [] : mixedRemark(breaks)),
    ...recoveryRemarks(view),
    ...(unmeasured.size === 0 ? [] : [`Not measured there, for want of requests: ${[...unmeasured].join(", ")}.`]),
    ...(unfinished.length === 0 ? [] : [`Not finished: ${unfinished.map((step) => `${step.multiple}x`).join(", ")}.`]),
  ];
}

function mixedRemark({ multiple, steps }: Level): string[] {
  const stepsThat = (standing: Standing): string =>
    steps
      .filter((one) => one.standing === standing)
      .map((one) => `step ${one.step.index}`)
      .join(", ");
  const held = stepsThat("held");
  return held === "" ? [] : [`${multiple}x held in ${held} and broke in ${stepsThat("broke")}.`];
}

/** `3x, 1x had not recovered after 5x.`, in the order of the run. */
function recoveryRemarks({ steps }: View): string[] {
  const unrecovered = steps
    .filter(({ unrecoveredFrom }) => unrecoveredFrom !== null)
    .toSorted((a, b) => a.step.index - b.step.index);
  return [...Map.groupBy(unrecovered, ({ unrecoveredFrom }) => unrecoveredFrom)].map(([from, holds]) => {
    const multiples = new Set(holds.map(({ step }) => `${step.multiple}x`));
    return `${[...multiples].join(", ")} had not recovered after ${from}x.`;
  });
}

function peak({ multiple, ratePerSec }: Level): string {
  return `${multiple}x peak (${formatCount(ratePerSec)}/s)`;
}

function rate({ multiple, ratePerSec }: Level): string {
  return `${multiple}x (${formatCount(ratePerSec)}/s)`;
}
