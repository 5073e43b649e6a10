import { formatShare } from "../../src/model/units.ts";
import { signals } from "../../src/model/vitals.ts";
import { hostLoad, type HostLoad } from "../cpu.ts";
import { compareWithBase, laneExcessUs, serviceExcessUs } from "../excess.ts";
import { evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import type { Failing, View } from "../view.ts";
import { laneShareMin } from "./single-core.ts";

/** Mean busy share of all cores from which the machine counts as full. Diagnosis, class 2. */
const busyShareMin = 0.9;
/** Share of the busy time that must be the target's own; below it somebody else fills the machine. Diagnosis, class 2. */
const ownShareMin = 0.7;
/** The generator's share of the machine from which the advice mentions it. A guess. */
const generatorShareMin = 0.05;

/**
 * The target uses all cores of its machine. Explains: growth of the trivial lane / growth of the mean service time, since whatever
 * waits for a core waits as long as a trivial request does; 0.5 (a guess) where there is no lane.
 */
export const allCores: Rule = {
  code: "ALL_CORES_SATURATED",
  judge(view) {
    const { failing } = view;
    if (failing === null) return no("no step missed a limit");
    const host = hostLoad(view, failing.step);
    if (host === null) return notEnough("CPU of the host");
    if (host.targetCores === 0) return notEnough("CPU of the target's processes: give their ids with --pid or observe.pids");
    const busy = host.busyCores / host.cores;
    if (host.cores === 1) return no("the machine has one core");
    if (busy < busyShareMin) return no(`the cores were ${formatShare(busy)} busy`);
    const own = host.targetCores / host.busyCores;
    if (own < ownShareMin) return no(`the target used ${formatShare(own)} of the busy time, others the rest`);
    return weigh(view, failing, host);
  },
};

function weigh(view: View, failing: Failing, host: HostLoad): Ruling {
  const comparison = compareWithBase(view, failing.step, failing.operations);
  const excessUs = serviceExcessUs(view, comparison);
  if (excessUs === 0) return no("what was served took no longer than at the base step");
  const laneUs = laneExcessUs(comparison);
  const share = laneUs === null ? null : laneUs / (excessUs ?? view.record.run.plan.connections.deadlineUs);
  if (share !== null && share < laneShareMin) return no("all cores are full, but the trivial lane stayed fast");
  const { window } = failing.step;
  const busy = host.busyCores / host.cores;
  const own = host.targetCores / host.busyCores;
  return yes(
    {
      code: "ALL_CORES_SATURATED",
      severity: "problem",
      confidence: share === null ? 0.6 : 0.9, // guesses
      explains: share ?? 0.5,
      evidence: [
        evidence(`host ${signals.busyShare}`, busy, busyShareMin, "share", window),
        evidence("process/* cpu.cores of the target, share of the busy time", own, ownShareMin, "share", window),
        evidence(`generator ${signals.cpuCores}`, host.generatorCores, null, "cores", window),
        ...(laneUs === null ? [] : [evidence("trivial lane, growth of the mean", laneUs, null, "us", window)]),
        ...(excessUs === null ? [] : [evidence("service, growth of the mean", excessUs, null, "us", window)]),
      ],
      advice: adviceOf(host),
    },
    `all ${host.cores} cores are ${formatShare(busy)} busy, ${formatShare(own)} of that with the target`,
  );
}

function adviceOf(host: HostLoad): string {
  const shared = host.generatorCores / host.cores >= generatorShareMin;
  return (
    "The target has no processor time left on this machine. Scale out to more machines, or make a request cheaper: profile the hot path." +
    (shared
      ? ` The load generator took ${host.generatorCores.toFixed(2)} of the ${host.cores} cores here; run it elsewhere to see the true ceiling.`
      : "")
  );
}
