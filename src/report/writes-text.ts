/** What reading writes back showed, in sentences. */
import { worthFinding } from "../model/detection.ts";
import type { WriteTruth } from "../model/run.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";

/** Whether anything was lost or applied more than once. */
function isFaulty({ lost, duplicated, replays }: WriteTruth): boolean {
  return lost > 0 || (duplicated ?? 0) > 0 || (replays !== null && replays.twice + replays.missing > 0);
}

/** How it stands with an operation's writes: bad where any was faulty, unsure where none could be looked for. */
export function writesTone(truth: WriteTruth): "good" | "bad" | "unsure" {
  const { sampled, notKnown, replays } = truth;
  if (isFaulty(truth)) return "bad";
  return sampled + (replays?.sent ?? 0) === notKnown + (replays?.notKnown ?? 0) ? "unsure" : "good";
}

/** `3,000 of 18,204 accepted "report" writes read back: all there, once; a loss of 0.1 % would have been found with a probability of 95 %`. */
export function truthText(operation: string, truth: WriteTruth): string {
  const { accepted, sampled, lateUs, proof } = truth;
  const found = `${formatCount(sampled)} of ${formatCount(accepted)} accepted "${operation}" writes read back: ${foundText(truth)}`;
  const late =
    lateUs === null ? "" : `; seen ${formatUs(lateUs.p50)} after the reply at the median, ${formatUs(lateUs.max)} at most`;
  return `${found}; ${proofText(truth, proof)}${late}${replayText(truth)}`;
}

function foundText({ sampled, lost, duplicated, notKnown }: WriteTruth): string {
  const unknown = notKnown === 0 ? [] : [`${formatCount(notKnown)} not known`];
  if (sampled === notKnown) return "none of them could be looked for";
  if (lost === 0 && (duplicated ?? 0) === 0) {
    const once = duplicated === null ? "" : ", once";
    return [unknown.length === 0 ? `all there${once}` : `all others there${once}`, ...unknown].join(", ");
  }
  const wrong = [
    ...(lost === 0 ? [] : [`${formatCount(lost)} LOST`]),
    ...((duplicated ?? 0) === 0 ? [] : [`${formatCount(duplicated ?? 0)} APPLIED MORE THAN ONCE`]),
  ];
  return [...wrong, ...unknown].join(", ");
}

/** What the sample says of the writes that were not looked at. */
function proofText({ accepted, sampled, lost, notKnown }: WriteTruth, { detection, lostAtMost }: WriteTruth["proof"]): string {
  if (sampled >= accepted && notKnown === 0) return "these are all of them";
  if (lost > 0) return `of all, at most ${formatShare(lostAtMost)} are lost`;
  return `a loss of ${formatShare(worthFinding)} would have been found with a probability of ${certainty(detection)}`;
}

/** Never 100 %: that takes all of them. */
function certainty(probability: number): string {
  return probability > 0.999 ? "more than 99.9 %" : formatShare(probability);
}

/** That they had one effect each is said only of an operation that tells how many they had. */
function replayText({ replays, duplicated }: WriteTruth): string {
  if (replays === null) return "";
  const { sent, twice, missing, notKnown } = replays;
  const wrong = [
    ...(twice === 0 ? [] : [`${formatCount(twice)} APPLIED TWICE`]),
    ...(missing === 0 ? [] : [`${formatCount(missing)} LOST`]),
    ...(notKnown === 0 ? [] : [`${formatCount(notKnown)} not known`]),
  ];
  return `; ${formatCount(sent)} sent twice on purpose: ${wrong.length === 0 ? (duplicated === null ? "all there" : "one effect each") : wrong.join(", ")}`;
}
