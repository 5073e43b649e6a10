import { detectionProbability, shareAtMost } from "../src/model/detection.ts";
import type { WriteTruth } from "../src/model/run.ts";

/** What reading back 3,000 of 18,204 writes shows where all is well, but for what is said. */
export function truthWith(changes: Partial<WriteTruth> = {}): WriteTruth {
  const all = {
    accepted: 18_204,
    sampled: 3_000,
    lateUs: { p50: 12_000, p99: 80_000, max: 1_100_000, openUs: 10_000 },
    lost: 0,
    duplicated: 0,
    notKnown: 0,
    replays: null,
    examples: { lost: [], twice: [] },
    ...changes,
  };
  const looked = all.sampled - all.notKnown;
  const visible = looked - all.lost;
  const duplicatedAtMost = all.duplicated === null ? null : shareAtMost(all.duplicated, visible);
  const proof = { detection: detectionProbability(0.001, looked), lostAtMost: shareAtMost(all.lost, looked), duplicatedAtMost };
  return { ...all, visible, proof };
}
