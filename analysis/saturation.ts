/**
 * Reads a closed-loop sweep: X(N), R(N), a trivial request beside it. With S1 the latency of one connection, c = X_max x S1 is the
 * number of servers side by side behind the bottleneck, which is the knee of the asymptotic bounds X <= min(N / S1, X_max) (Denning
 * and Buzen 1978; reference: diagnosis, 2.0 and 2.1, where six systems were told apart from the client alone).
 */
import { flatDoublings, flatGain, type Saturation, type SaturationFacts, type SaturationStep } from "../src/model/saturation.ts";
import { formatCount, formatShare } from "../src/model/units.ts";
import { intervalMethod, intervalOf, meanLatency, meanRate, product } from "./saturation-estimate.ts";
import { loopShareMost, read } from "./saturation-reading.ts";

/** Little's law may be off by this (design: 5 %). */
const littlesMost = 0.05;
/** Steps within this share of the best one are its plateau. A guess: the step at the corner is a few percent below. */
const plateauShare = 0.92;
/** Below this share of the best one the last step has fallen. A guess. */
const fallenShare = 0.85;
/** A doubling that brings this much is still rising. A guess: half way, on a log scale, from flat to a half more. */
const risingGain = 1.25;

/** What a sweep says about its target. Says "not enough evidence" rather than guess. */
export function judgeSaturation(facts: SaturationFacts): Saturation {
  const doubts = facts.steps.flatMap(doubtsOf);
  const steps = facts.steps.filter(followsLittle);
  const shape = shapeOf(steps);
  const plateau = plateauOf(steps, shape);
  const rate = meanRate(plateau);
  if (rate === null) return nothing(doubts);
  const [first] = steps;
  const latency = first?.connections === 1 ? meanLatency(first) : null;
  const known = {
    shape,
    ceilingPerSec: intervalOf(rate),
    unloadedUs: latency === null ? null : intervalOf(latency),
    parallelism: latency === null ? null : intervalOf(product(rate, latency)),
  };
  const found = read({ facts, steps, plateau, ...known });
  return {
    ...found,
    ...known,
    isLowerBound: shape === "rising" || shape === "unclear" || found.reading === "generator-limited",
    plateau: plateau.map(({ connections }) => connections),
    doubts,
    method: intervalMethod,
  };
}

function nothing(doubts: Saturation["doubts"]): Saturation {
  return {
    reading: "not-enough-evidence",
    sentence: "Nothing can be said: no step stands.",
    evidence: doubts.length === 0 ? ["Nothing was measured."] : [],
    shape: "unclear",
    ceilingPerSec: null,
    isLowerBound: false,
    unloadedUs: null,
    parallelism: null,
    plateau: [],
    doubts,
    method: intervalMethod,
  };
}

const rateOf = ({ ok, windowUs }: SaturationStep): number => ok / windowUs;

/** N = X x R, in its exact form over a window: what the latencies account for is what was kept under way. */
function followsLittle({ connections, inFlight }: SaturationStep): boolean {
  return Math.abs(inFlight - connections) <= littlesMost * connections;
}

function doubtsOf(step: SaturationStep): Saturation["doubts"] {
  const { connections, inFlight, eventLoopShare } = step;
  if (!followsLittle(step)) {
    const account = `the latencies account for ${formatCount(inFlight)} requests under way on ${connections} connections`;
    const because = `Little's law does not hold: ${account}. The generator was the limit, or connections broke; the step counts for nothing`;
    return [{ connections, because }];
  }
  if (eventLoopShare < loopShareMost) return [];
  return [
    { connections, because: `autocannon's thread was ${formatShare(eventLoopShare)} busy: its own time is in the latencies` },
  ];
}

/** By the last doublings; the steps may end with less than a doubling. */
function shapeOf(steps: readonly SaturationStep[]): Saturation["shape"] {
  const gains = steps.slice(1).map((step, at) => gainPerDoubling(steps[at] ?? step, step));
  const last = gains.at(-1);
  const [end] = steps.slice(-1);
  if (last === undefined || end === undefined) return "unclear";
  if (rateOf(end) < fallenShare * Math.max(...steps.map(rateOf))) return "falling";
  if (last >= risingGain) return "rising";
  const flat = gains.slice(-flatDoublings);
  return flat.length === flatDoublings && flat.every((gain) => gain < flatGain) ? "flat" : "unclear";
}

function gainPerDoubling(before: SaturationStep, after: SaturationStep): number {
  return (rateOf(after) / rateOf(before)) ** (1 / Math.log2(after.connections / before.connections));
}

/** The steps that X_max is the mean of: all near the best one, or the last alone where there is no plateau yet. */
function plateauOf(steps: readonly SaturationStep[], shape: Saturation["shape"]): SaturationStep[] {
  if (shape === "rising") return steps.slice(-1);
  const best = Math.max(0, ...steps.map(rateOf));
  return steps.filter((step) => best > 0 && rateOf(step) >= plateauShare * best);
}
