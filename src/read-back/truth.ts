/** What was seen of an operation's writes, put into numbers. Pure. */
import { detectionProbability, shareAtMost, worthFinding } from "../model/detection.ts";
import type { ReplayTruth, WriteTruth } from "../model/run.ts";
import type { WatchedWrite } from "./watched-write.ts";

/** Trace ids given as examples of each fault. */
const examplesMost = 10;
/** A first sight counts for lateness where the look before it, or the reply, is no further away than its lateness or this. */
const promptUs = 1_000_000;

/** `counts`: whether the operation says how often a write was applied, and not only that it was. */
export function truthOf(accepted: number, writes: readonly WatchedWrite[], counts: boolean): WriteTruth {
  const sample = writes.filter(({ write }) => write.replay === null);
  const replayed = writes.filter(({ write }) => write.replay !== null);
  const visible = sample.filter(({ seenUs, isLost }) => seenUs !== null && !isLost);
  const lost = sample.filter(({ isLost }) => isLost);
  const doubled = sample.filter(isDoubled);
  const looked = visible.length + lost.length;
  const duplicated = counts ? doubled.length : null;
  return {
    accepted: Math.max(accepted, writes.length),
    sampled: sample.length,
    visible: visible.length,
    lateUs: lateness(visible),
    lost: lost.length,
    duplicated,
    notKnown: sample.length - looked,
    replays: replayed.length === 0 ? null : replayTruth(replayed),
    proof: {
      detection: detectionProbability(worthFinding, looked),
      lostAtMost: shareAtMost(lost.length, looked),
      duplicatedAtMost: duplicated === null ? null : shareAtMost(duplicated, visible.length),
    },
    examples: { lost: tracesOf(writes.filter(({ isLost }) => isLost)), twice: tracesOf(writes.filter(isDoubled)) },
  };
}

function tracesOf(writes: readonly WatchedWrite[]): string[] {
  return writes.slice(0, examplesMost).map(({ write }) => write.traceId);
}

function isDoubled({ applied, isLost }: WatchedWrite): boolean {
  return applied > 1 && !isLost;
}

function replayTruth(replayed: readonly WatchedWrite[]): ReplayTruth {
  const twice = replayed.filter(isDoubled).length;
  const once = replayed.filter(({ applied, isLost }) => applied === 1 && !isLost).length;
  const missing = replayed.filter(({ isLost }) => isLost).length;
  return { sent: replayed.length, once, twice, missing, notKnown: replayed.length - twice - once - missing };
}

/** Of writes that were looked for in time: those put aside until the load was over were there earlier, nobody knows by how much. */
function lateness(visible: readonly WatchedWrite[]): WriteTruth["lateUs"] {
  const prompt = visible.flatMap(({ write, seenUs, missedUs }) => {
    if (seenUs === null) return [];
    const open = seenUs - missedUs;
    const late = seenUs - write.doneUs;
    return open <= promptUs || missedUs > write.doneUs ? [{ late, open }] : [];
  });
  if (prompt.length === 0) return null;
  const late = prompt.map((one) => one.late).toSorted((a, b) => a - b);
  const open = prompt.map((one) => one.open).toSorted((a, b) => a - b);
  return { p50: at(late, 0.5), p99: at(late, 0.99), max: at(late, 1), openUs: at(open, 0.5) };
}

/** A percentile by the nearest rank. */
function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}
