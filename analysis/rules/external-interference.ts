import type { Evidence } from "../../src/model/finding.ts";
import { latencyTag } from "../../src/model/record.ts";
import { signals } from "../../src/model/vitals.ts";
import { formatShare } from "../../src/model/units.ts";
import { hostLoad, targetThreads } from "../cpu.ts";
import { clampShare, evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import { meanVital, type StepView } from "../steps.ts";
import type { View } from "../view.ts";

/** Time the hypervisor took away. Diagnosis, class N. */
const stealShareMax = 0.05;
/** Part of the machine's busy time that was neither the target's nor ours: class N asks for 70 % of it to be the target's. */
const foreignPartMax = 0.3;
/** How full the machine must be for foreign work to be in the way. A guess. */
const fullHostShare = 0.8;
/** Part of the busiest thread's demand that it spent waiting for a core: worth telling, and worth blaming. Guesses. */
const waitPartTold = 0.1;
const waitPartMax = 0.3;
/** Change of the base step's median between its first run and its repeat. Class N. */
const driftMax = 0.1;
/** A smaller change is noise on a fast target, whatever its share. A guess. */
const driftMinUs = 2_000;

/**
 * Something outside the test got in the way: stolen time or other people's work at the step that missed a limit (a problem, or
 * information where it cost the target little), or a base step that was not the same when it was repeated (information). Explains: what the busiest thread did not get of the time it wanted,
 * (run-queue wait + steal) / (CPU + run-queue wait + steal); 0 for drift.
 */
export const externalInterference: Rule = {
  code: "EXTERNAL_INTERFERENCE",
  judge(view) {
    const taken = view.failing === null ? null : takenTime(view, view.failing.step);
    if (taken !== null) return taken;
    const drift = driftOf(view);
    if (drift !== null) return drift;
    const step = view.failing?.step ?? view.steps.at(-1);
    if (step === undefined || (meanVital(step, "host", signals.busyShare) === null && view.repeat === null)) {
      return notEnough("samples of the host, or a repeat of the base step");
    }
    return no("no time was stolen, nobody else filled the machine, and the base step came out the same when repeated");
  },
};

function takenTime(view: View, step: StepView): Ruling | null {
  const steal = meanVital(step, "host", signals.stealShare) ?? 0;
  const host = hostLoad(view, step);
  const hot = targetThreads(view, step)[0];
  const foreignPart = host === null || host.busyCores === 0 ? 0 : host.foreignCores / host.busyCores;
  const waitPart = hot === undefined || hot.demand === 0 ? 0 : hot.waitShare / (hot.cores + hot.waitShare);
  const full = host !== null && host.busyCores / host.cores >= fullHostShare;
  const crowded = full && foreignPart >= foreignPartMax && waitPart >= waitPartTold;
  if (steal <= stealShareMax && !crowded) return null;
  const lost = (hot?.waitShare ?? 0) + steal;
  const found: Evidence[] = [
    evidence(`host ${signals.stealShare}`, steal, stealShareMax, "share", step.window),
    evidence(
      "host busy.share that was neither the target's nor the generator's",
      foreignPart,
      foreignPartMax,
      "share",
      step.window,
    ),
    ...(hot === undefined
      ? []
      : [
          evidence(
            `${hot.source} ${signals.runQueueWaitShare} (${hot.name}), part of its demand`,
            waitPart,
            waitPartMax,
            "share",
            step.window,
          ),
        ]),
  ];
  const who =
    steal > stealShareMax ? `the hypervisor took ${formatShare(steal)} of the time away` : `other processes kept the cores busy`;
  return yes(
    {
      code: "EXTERNAL_INTERFERENCE",
      severity: steal > stealShareMax || waitPart >= waitPartMax ? "problem" : "information",
      confidence: 0.8, // a guess
      explains: clampShare(hot === undefined ? steal : lost / Math.max(lost, hot.cores + lost)),
      evidence: found,
      advice:
        `At ${step.step.multiple}x ${who}, which makes the target look slower than it is. Repeat the run on a machine that does nothing ` +
        "else, or at another hour.",
    },
    who,
  );
}

function driftOf(view: View): Ruling | null {
  const { base, repeat } = view;
  if (base === null || repeat === null) return null;
  const before = medianUs(view, base);
  const after = medianUs(view, repeat);
  if (before === null || after === null || before === 0) return null;
  const drift = Math.abs(after - before) / before;
  if (drift <= driftMax || Math.abs(after - before) < driftMinUs) return null;
  const clause = `the base step's median changed by ${formatShare(drift)} when it was repeated at the end`;
  return yes(
    {
      code: "EXTERNAL_INTERFERENCE",
      severity: "information",
      confidence: 0.6, // a guess
      explains: 0,
      evidence: [
        evidence(
          "service p50 of the base step, change when repeated",
          drift,
          driftMax,
          "share",
          `${base.window}, ${repeat.window}`,
        ),
        evidence("service p50 of the base step", before, null, "us", base.window),
        evidence("service p50 of its repeat", after, before * (1 + driftMax), "us", repeat.window),
      ],
      advice:
        "The same load gave another answer at the end than at the beginning. Either the machine was busy with something else, or the target " +
        "had not recovered from the steps between (memory, backlog, caches): repeat the run with longer drains before comparing numbers.",
    },
    clause,
  );
}

function medianUs(view: View, { step }: StepView): number | null {
  return view.record.latency.get(latencyTag(step.index, "*", "service", "ok"))?.percentile(50) ?? null;
}
