import type { Evidence } from "../../src/model/finding.ts";
import { formatShare, formatUs } from "../../src/model/units.ts";
import { targetThreads } from "../cpu.ts";
import {
  compareWithBase,
  laneExcessUs,
  laneUs,
  serviceExcessUs,
  timingEntries,
  timingExcessUs,
  type Comparison,
} from "../excess.ts";
import { clampShare, evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import type { StepView } from "../steps.ts";
import { operationsOf, type View } from "../view.ts";
import { fullDemand, laneShareMin } from "./single-core.ts";

/** Share of the excess, or of the response itself, that one entry must account for. Diagnosis, class 21. */
const shareMin = 0.5;
/** Entries that sound like somebody else's system, where the scenario names none. A guess. */
const outsideName = /^(lab|upstream|external|third|partner|remote|vendor)/i;
/** Where no limit was missed, a third party is worth a word from this latency on: people notice 100 ms (RAIL). */
const worthAWordUs = 100_000;

/**
 * Somebody else's system is what takes the time: its Server-Timing entry accounts for at least half of the growth since the base step or,
 * where it was slow from the start, of the service time itself. Explains: (growth of the entry - growth of the trivial lane) /
 * growth of the mean service time, since a busy event loop is also late to see the third party's answer. Information where no limit
 * was missed.
 */
export const thirdParty: Rule = {
  code: "THIRD_PARTY_LATENCY",
  judge(view) {
    const step = view.failing?.step ?? view.steps.at(-1);
    if (step === undefined) return notEnough("no step was finished");
    const operations = view.failing?.operations ?? operationsOf(view.record);
    const entries = [...new Set(operations.flatMap((operation) => timingEntries(step, operation)))];
    const outside = entries.filter((entry) => isOutside(view, entry));
    if (entries.length === 0) return notEnough("Server-Timing in the replies");
    if (outside.length === 0) return no(`no Server-Timing entry names a third party (${entries.join(", ")})`);
    const grown = compareWithBase(view, step, operations);
    const hasGrown = (serviceExcessUs(view, grown) ?? 0) > 0;
    if (!hasGrown && brokeAboveBase(view)) return no("what was served took no longer than at the base step, which held");
    // Where nothing grew, the third party may have been slow all along: then its share of the whole counts.
    const comparison = hasGrown ? grown : { ...grown, reference: null };
    return vetoByProcess(view, comparison) ?? weigh(view, comparison, outside);
  },
};

function brokeAboveBase({ failing, base }: View): boolean {
  return failing !== null && base !== null && failing.step.step !== base.step;
}

function isOutside(view: View, entry: string): boolean {
  const name = entry.toLowerCase();
  const declared = Object.keys(view.record.run.plan.thirdParties).map((key) => key.toLowerCase());
  return outsideName.test(entry) || declared.some((key) => name.startsWith(key) || key.startsWith(name));
}

/** Whatever delays the trivial lane as well is in the process, and a full thread with no lane to clear it may be. */
function vetoByProcess(view: View, comparison: Comparison): Ruling | null {
  const excessUs = serviceExcessUs(view, comparison);
  if (excessUs === null || excessUs === 0) return no("what was served took no time worth explaining");
  const lane = laneExcessUs(comparison);
  if (lane !== null && lane / excessUs >= laneShareMin) {
    return no(
      `the trivial lane slowed down too, by ${formatUs(lane)} of ${formatUs(excessUs)}: the delay is in the target itself`,
    );
  }
  const hot = targetThreads(view, comparison.step)[0];
  if (lane === null && hot !== undefined && hot.demand >= fullDemand) return no(`a thread of ${hot.name} is full`);
  return null;
}

function weigh(view: View, comparison: Comparison, outside: readonly string[]): Ruling {
  const excessUs = serviceExcessUs(view, comparison) ?? 0;
  const ownUs = laneExcessUs(comparison) ?? 0;
  const shareOf = (entry: string): number => clampShare(((timingExcessUs(view, comparison, entry) ?? 0) - ownUs) / excessUs);
  const [first] = outside.map((entry) => ({ entry, share: shareOf(entry) })).toSorted((a, b) => b.share - a.share);
  if (first === undefined || first.share < shareMin) {
    return no(`${outside.join(", ")} accounts for ${formatShare(first?.share ?? 0)} of the time`);
  }
  return view.failing === null && slowestMeanUs(view, comparison, first.entry) < worthAWordUs
    ? no(`${first.entry} takes most of the time, but no step missed a limit`)
    : accuse(view, comparison, first.entry, first.share, excessUs);
}

/** Mean of the entry over the replies of the operation in which it is slowest, microseconds. */
function slowestMeanUs(view: View, { step, operations }: Comparison, entry: string): number {
  const each = operations.map(
    (operation) => timingExcessUs(view, { step, reference: null, operations: [operation] }, entry) ?? 0,
  );
  return Math.max(0, ...each);
}

function accuse(view: View, comparison: Comparison, entry: string, share: number, excessUs: number): Ruling {
  const { step, reference } = comparison;
  const meanUs = slowestMeanUs(view, comparison, entry);
  const baseUs = reference === null ? null : slowestMeanUs(view, { ...comparison, step: reference }, entry);
  const from = baseUs === null ? "" : `, up from ${formatUs(baseUs)}`;
  const clause = `the third party "${entry}" takes ${formatUs(meanUs)} a call${from}, ${formatShare(share)} of the ${
    reference === null ? "time" : "slowdown"
  }`;
  return yes(
    {
      code: "THIRD_PARTY_LATENCY",
      severity: view.failing === null ? "information" : "problem",
      confidence: laneUs(step) === null ? 0.7 : 0.9, // guesses
      explains: share,
      evidence: [
        evidence(
          `servertiming.${entry}.mean.us share of ${reference === null ? "service" : "its growth"}`,
          share,
          shareMin,
          "share",
          step.window,
        ),
        evidence(`servertiming.${entry}.mean.us, slowest operation`, meanUs, baseUs, "us", step.window),
        evidence(`service, ${reference === null ? "mean" : "growth of the mean"}`, excessUs, null, "us", step.window),
        ...quietEvidence(view, step),
      ],
      advice:
        `"${entry}" is not yours to speed up, so depend on it less: a timeout below your own budget, a cache of its answers, a bulkhead so that ` +
        "only the requests that need it wait, or a queue so that nobody does. Agree on a quota with its owner and tell them before the test. " +
        "To confirm, run the same step against a stub of it: the delay should vanish.",
    },
    clause,
  );
}

/** What shows that the target itself had time: the lane and the busiest thread. */
function quietEvidence(view: View, step: StepView): Evidence[] {
  const lane = laneUs(step);
  const hot = targetThreads(view, step)[0];
  return [
    ...(lane === null ? [] : [evidence("trivial lane, mean", lane, null, "us", step.window)]),
    ...(hot === undefined
      ? []
      : [evidence(`${hot.source} cpu.cores (${hot.name})`, hot.cores, fullDemand, "cores", step.window)]),
  ];
}
