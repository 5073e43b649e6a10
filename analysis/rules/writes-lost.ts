import { shareAtLeast } from "../../src/model/detection.ts";
import type { Evidence } from "../../src/model/finding.ts";
import type { WriteTruth } from "../../src/model/run.ts";
import { countOf } from "../../src/model/units.ts";
import { evidence, no, notEnough, yes, type Rule } from "../rule.ts";

/** The window of what concerns all writes of a run. */
export const wholeRun = "whole run";

/**
 * The target accepted writes and does not have them: asked for when their time was over, they were not there. One is enough, since
 * nobody was told that it failed. Explains nothing of a missed limit.
 */
export const writesLost: Rule = {
  code: "WRITES_LOST",
  judge({ record: { run } }) {
    const truths = Object.entries(run.writes ?? {});
    if (truths.length === 0) return notEnough("accepted writes that were read back (writes, readBack)");
    const bad = truths.filter(([, truth]) => lostOf(truth) > 0);
    if (bad.length === 0) {
      const looked = truths.reduce((sum, [, { visible, lost }]) => sum + visible + lost, 0);
      return looked === 0
        ? notEnough("reads of accepted writes that were answered")
        : no(`${countOf(looked, "accepted write")} read back, none missing`);
    }
    const lost = bad.reduce((sum, [, truth]) => sum + lostOf(truth), 0);
    return yes(
      {
        code: "WRITES_LOST",
        severity: "problem",
        confidence: 0.95, // a guess: each was looked for twice after its time was over
        explains: 0,
        evidence: bad.flatMap(([name, truth]) => evidenceOf(name, truth)),
        advice:
          `The target said yes to writes that it does not have (${bad.map(([name]) => name).join(", ")}), and whoever sent them believes that they ` +
          "are safe. A write that is answered with 202 is in a queue's hands: look there first, for what it does when it is full, restarts or " +
          "meets a row that it cannot store. Answer only after what holds the write is on disk (an outbox, a durable queue with " +
          "acknowledgement after the commit). The traces in the report lead to single ones; where the store lags behind, give writes.within more time.",
      },
      `${countOf(lost, "accepted write")} of those read back ${lost === 1 ? "is" : "are"} lost`,
    );
  },
};

function lostOf({ lost, replays }: WriteTruth): number {
  return lost + (replays?.missing ?? 0);
}

function evidenceOf(name: string, truth: WriteTruth): Evidence[] {
  const { lost, visible, proof, examples } = truth;
  const looked = lost + visible;
  const such = examples.lost[0] === undefined ? "" : `, such as trace ${examples.lost[0]}`;
  const count = evidence(`"${name}" accepted and not there${such}`, lostOf(truth), 0, "writes", wholeRun);
  // Those that were sent twice are no sample of all.
  if (lost === 0) return [count];
  return [
    count,
    evidence(`"${name}" lost, share of those read back`, lost / looked, 0, "share", wholeRun),
    evidence(`"${name}" lost, share of all accepted, at least (95 %)`, shareAtLeast(lost, looked), null, "share", wholeRun),
    evidence(`"${name}" lost, share of all accepted, at most (95 %)`, proof.lostAtMost, null, "share", wholeRun),
  ];
}
