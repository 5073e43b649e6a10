import type { Evidence } from "../../src/model/finding.ts";
import { signals } from "../../src/model/vitals.ts";
import { formatShare } from "../../src/model/units.ts";
import { hostLoad, targetThreads, type HostLoad, type ThreadLoad } from "../cpu.ts";
import { compareWithBase, connectLaneUs, laneExcessUs, serviceExcessUs } from "../excess.ts";
import { evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import type { StepView } from "../steps.ts";
import type { Failing, View } from "../view.ts";

/**
 * Cores that a thread needs to count as full, its wait for a core included: a generator on the same two cores takes a few per cent
 * away from a thread that never idles. Diagnosis, class 1 (0.9 of CPU alone).
 */
export const fullDemand = 0.9;
/** CPU below which a full thread is held up by others rather than by its own work. A guess, near class 1's 0.85. */
const ownCpuMin = 0.7;
/** Share of the excess that the trivial lane must show too. A guess, low because the lane reads low in an overload. */
export const laneShareMin = 0.3;
/** Other cores below this count as idle in the sentence, and a wait above this is told in it. Guesses. */
const idleShareMax = 0.7;
const waitWorthTelling = 0.1;

/**
 * One thread of the target is at its limit and the target cannot use the other cores. Explains: growth of the trivial lane / growth of
 * the mean service time, since whatever waits for that thread waits as long as a trivial request does; 0.5 (a guess) where there is no
 * lane, and growth of the lane / deadline where nothing was served.
 */
export const singleCore: Rule = {
  code: "SINGLE_CORE_SATURATED",
  judge(view) {
    const { failing } = view;
    if (failing === null) return no("no step missed a limit");
    const threads = targetThreads(view, failing.step);
    const hot = threads[0];
    if (hot === undefined) return notEnough("CPU of the target's threads: give its process ids with --pid or observe.pids");
    return veto(view, threads, hot) ?? weigh(view, failing, threads, hot);
  },
};

function veto(view: View, threads: readonly ThreadLoad[], hot: ThreadLoad): Ruling | null {
  const needs = `the busiest thread (${hot.name}) used ${formatShare(hot.cores)} of a core`;
  if (hot.demand < fullDemand) return no(needs);
  const waited = `waited for one ${formatShare(hot.waitShare)} of the time`;
  if (hot.cores < ownCpuMin) return no(`${needs} and ${waited}: others held it up`);
  const full = threads.filter((thread) => thread.demand >= fullDemand).length;
  const cores = view.record.run.machine.cores;
  if (full > 1 && full >= cores) return no(`${full} threads of the target fill all ${cores} cores`);
  return null;
}

function weigh(view: View, failing: Failing, threads: readonly ThreadLoad[], hot: ThreadLoad): Ruling {
  const comparison = compareWithBase(view, failing.step, failing.operations);
  const excessUs = serviceExcessUs(view, comparison);
  if (excessUs === 0) return no("what was served took no longer than at the base step");
  const laneUs = laneExcessUs(comparison);
  const share = laneUs === null ? null : laneUs / (excessUs ?? view.record.run.plan.connections.deadlineUs);
  if (share !== null && share < laneShareMin) return no("a thread is full, but the trivial lane stayed fast");
  const connectUs = connectLaneUs(failing.step);
  const host = hostLoad(view, failing.step);
  const full = threads.filter((thread) => thread.demand >= fullDemand);
  return yes(
    {
      code: "SINGLE_CORE_SATURATED",
      severity: "problem",
      confidence: share === null ? 0.6 : 0.9, // guesses
      explains: share ?? 0.5,
      evidence: [
        ...full.flatMap((thread) => threadEvidence(thread, failing.step)),
        ...(host === null
          ? []
          : [evidence("host busy.share of the other cores", othersShare(host, hot), 1, "share", failing.step.window)]),
        ...(laneUs === null ? [] : [evidence("trivial lane, growth of the mean", laneUs, null, "us", failing.step.window)]),
        ...(connectUs === null
          ? []
          : [evidence("connect lane, mean (the kernel answers it)", connectUs, null, "us", failing.step.window)]),
        ...(excessUs === null ? [] : [evidence("service, growth of the mean", excessUs, null, "us", failing.step.window)]),
      ],
      advice:
        `${hot.name} does its work on one thread, and that thread has no time left. Start one worker process per core (node:cluster or ` +
        "several instances), or move the hot function to worker_threads; take a CPU profile of that thread to find it. " +
        "To confirm, run the same step with a second worker: the rate that holds should come close to doubling.",
    },
    clauseOf(full, hot, host),
  );
}

function threadEvidence(thread: ThreadLoad, step: StepView): Evidence[] {
  return [
    evidence(`${thread.source} ${signals.cpuCores} (${thread.name})`, thread.cores, ownCpuMin, "cores", step.window),
    evidence(
      `${thread.source} ${signals.cpuCores} + ${signals.runQueueWaitShare} (${thread.name})`,
      thread.demand,
      fullDemand,
      "cores",
      step.window,
    ),
  ];
}

/** Mean busy share of the cores that the hot thread did not use. */
function othersShare(host: HostLoad, hot: ThreadLoad): number {
  return host.cores <= 1 ? 1 : Math.min(1, Math.max(0, host.busyCores - hot.cores) / (host.cores - 1));
}

function clauseOf(full: readonly ThreadLoad[], hot: ThreadLoad, host: HostLoad | null): string {
  const names =
    full.length === 1 ? `one thread of ${hot.name} is` : `${full.length} threads (${full.map((t) => t.name).join(", ")}) are`;
  const used = `${names} at ${formatShare(hot.cores)} of a core`;
  const idle = host !== null && host.cores > 1 && othersShare(host, hot) < idleShareMax;
  if (idle) return `${used} while the other cores idle`;
  return hot.waitShare < waitWorthTelling
    ? used
    : `${used} and waits ${formatShare(hot.waitShare)} of the time for one, so it never idles`;
}
