import { latencyTag, type RunRecord } from "../../src/model/record.ts";
import type { Outcome } from "../../src/model/run.ts";
import { formatCount, formatShare, formatUs } from "../../src/model/units.ts";
import { evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import { meanOf, okPerSec, type StepView } from "../steps.ts";
import type { Failing, View } from "../view.ts";

/** Refusals below this share do not make a quota. Diagnosis, class 11. */
const refusedShareMin = 0.01;
/** How much the accepted rate may vary, (max - min) / mean over steps or standard deviation / mean over seconds. Class 11 has 5 %, over longer steps. */
const acceptedSpreadMax = 0.1;
/** Full seconds that one step alone must offer: what a hold of five gives. A guess. */
const secondsMin = 3;
/** A refusal is fast below this, or below what a served request takes. Class 11. */
const fastRefusalUs = 10_000;
/** Every operation is refused at least this part of what the most refused one is, and those with fewer due do not count. Guesses. */
const evenShareMin = 0.25;
const dueMin = 50;
/** Accepted requests stay flat: at most twice the base step's median, or this much more. Guesses. */
const flatFactor = 2;
const flatSlackUs = 10_000;

/**
 * A gateway or platform lets a fixed rate through and refuses the rest at once. Explains: refusals (429, 503) / everything that did not
 * end `ok` at the step.
 */
export const rateQuota: Rule = {
  code: "RATE_QUOTA",
  judge(view) {
    const { failing } = view;
    if (failing === null) return no("no step missed a limit");
    const share = refusedShare(failing.step);
    if (share < refusedShareMin) return no(`${formatShare(share)} of what was due was refused with 429 or 503`);
    return judgeSpread(failing.step) ?? judgeLatencies(view, failing.step) ?? judgeAccepted(view, failing);
  },
};

function refusedShare({ tally }: StepView): number {
  return refused(tally.errors) / Math.max(1, tally.due);
}

function refused(errors: Readonly<Record<string, number>>): number {
  return (errors["status:429"] ?? 0) + (errors["status:503"] ?? 0);
}

/** A gate in front of the target does not look at what is asked; a full queue or a busy handler refuses its own operation. */
function judgeSpread(step: StepView): Ruling | null {
  const shares = Object.entries(step.tally.operations)
    .filter(([, tally]) => tally.due >= dueMin)
    .map(([name, tally]) => ({ name, share: refused(tally.errors) / tally.due }))
    .toSorted((a, b) => a.share - b.share);
  const [least, most] = [shares[0], shares.at(-1)];
  if (least === undefined || most === undefined || least.share >= most.share * evenShareMin) return null;
  return no(`${formatShare(most.share)} of ${most.name} was refused, but only ${formatShare(least.share)} of ${least.name}`);
}

function judgeLatencies(view: View, step: StepView): Ruling | null {
  const { refusalUs, acceptedUs, baseUs } = medians(view, step);
  if (refusalUs === null || acceptedUs === null || baseUs === null)
    return notEnough("service times of what was served and refused");
  if (refusalUs > Math.max(fastRefusalUs, baseUs))
    return no(`refusals took ${formatUs(refusalUs)}: the target sheds load after queueing it`);
  if (acceptedUs > Math.max(flatFactor * baseUs, baseUs + flatSlackUs)) {
    return no(`what was accepted slowed down from ${formatUs(baseUs)} to ${formatUs(acceptedUs)}: something is saturated`);
  }
  return null;
}

function medians(view: View, step: StepView): Record<"refusalUs" | "acceptedUs" | "baseUs", number | null> {
  return {
    refusalUs: medianUs(view.record, step, "rejected"),
    acceptedUs: medianUs(view.record, step, "ok"),
    baseUs: view.base === null ? null : medianUs(view.record, view.base, "ok"),
  };
}

function medianUs(record: RunRecord, { step }: StepView, outcome: Outcome): number | null {
  return record.latency.get(latencyTag(step.index, "*", "service", outcome))?.percentile(50) ?? null;
}

/** How constant the accepted rate was, over the steps that were refused or, where there is one, over its seconds. */
interface Accepted {
  readonly perSec: number;
  readonly spread: number;
  readonly over: string;
}

function acceptedRate(view: View, step: StepView): Accepted | null {
  const rates = view.steps.filter((other) => refusedShare(other) >= refusedShareMin).flatMap((other) => okPerSec(other) ?? []);
  const perSec = okPerSec(step);
  if (perSec === null || perSec === 0) return null;
  if (rates.length >= 2) {
    return { perSec, spread: (Math.max(...rates) - Math.min(...rates)) / perSec, over: `${rates.length} offered rates` };
  }
  if (step.seconds.length < secondsMin) return null;
  const variance = meanOf(step.seconds.map((point) => (point.ok - perSec) ** 2)) ?? 0;
  return { perSec, spread: Math.sqrt(variance) / perSec, over: `${step.seconds.length} s` };
}

function judgeAccepted(view: View, { step }: Failing): Ruling {
  const accepted = acceptedRate(view, step);
  if (accepted === null) return notEnough(`the accepted rate over two offered rates or ${secondsMin} s`);
  if (accepted.spread > acceptedSpreadMax)
    return no(`the accepted rate varied by ${formatShare(accepted.spread)} over ${accepted.over}`);
  const { refusalUs, acceptedUs, baseUs } = medians(view, step);
  const rate = formatCount(Math.round(accepted.perSec));
  return yes(
    {
      code: "RATE_QUOTA",
      severity: "problem",
      confidence: accepted.over.endsWith("rates") ? 0.95 : 0.8, // guesses
      explains: refused(step.tally.errors) / Math.max(1, step.tally.due - step.tally.ok),
      evidence: [
        evidence("refused (429, 503) / due", refusedShare(step), refusedShareMin, "share", step.window),
        evidence("ok per second", accepted.perSec, null, "1/s", step.window),
        evidence(`spread of ok per second over ${accepted.over}`, accepted.spread, acceptedSpreadMax, "share", step.window),
        evidence("service p50 of refusals", refusalUs ?? 0, Math.max(fastRefusalUs, baseUs ?? 0), "us", step.window),
        evidence(
          "service p50 of ok",
          acceptedUs ?? 0,
          Math.max(flatFactor * (baseUs ?? 0), (baseUs ?? 0) + flatSlackUs),
          "us",
          step.window,
        ),
      ],
      advice:
        `Something in front of the target lets ${rate} requests a second through and refuses the rest at once, while what it lets through ` +
        "stays as fast as ever. Raise that quota, or keep to it: spread the load, and have clients back off as Retry-After says. " +
        "Quotas per source address hit a load test harder than real users: try from a second address before believing the number.",
    },
    `a quota lets ${rate} requests a second through and refuses the rest in ${formatUs(refusalUs ?? 0)}`,
  );
}
