import type { Estimate, Saturation, SaturationFacts, SaturationReading, SaturationStep } from "../src/model/saturation.ts";
import { formatCount, formatShare, formatUs } from "../src/model/units.ts";

/** What was found out about a sweep before it is read. */
export interface Curve {
  readonly facts: SaturationFacts;
  /** Steps in which Little's law holds. */
  readonly steps: readonly SaturationStep[];
  readonly plateau: readonly SaturationStep[];
  readonly shape: Saturation["shape"];
  readonly ceilingPerSec: Estimate;
  readonly unloadedUs: Estimate | null;
  readonly parallelism: Estimate | null;
}

type Read = Pick<Saturation, "reading" | "sentence" | "evidence">;

/** From this share of a core on the generator may be what is measured. The same figure as for a run's validity (reference: diagnosis, class G: 0.8). */
export const loopShareMost = 0.85;
/** S1 is the bottleneck's time and the way to it: c is up to this factor high (reference: diagnosis, 2.1: 5 to 10 %). */
const bias = 1.1;
/** From this share of the load's queueing on a trivial request waits too, and up to that it does not. Guesses, far from what was measured (0.85 and 0.002). */
const waitsToo = 0.4;
const waitsNot = 0.1;
/** A corner is sharp where each step beside it reaches this share of what its line and the ceiling allow. A guess; 0.96 was measured. */
const sharpShare = 0.85;
/** Processors in use from which they count as full (reference: diagnosis, class 2). */
const cpuFull = 0.9;
/** Refused replies from which a limit that refuses is thought of. A guess. */
const refusedShare = 0.05;
/** Accepted latency up to this share of a queue's is no queue. A guess; 0.02 was measured. */
const queuedMost = 0.25;

/** The first of these that has evidence; the order is from what excludes the others to what is left. */
export function read(curve: Curve): Read {
  return errors(curve) ?? quota(curve) ?? generator(curve) ?? rising(curve) ?? unclearShape(curve) ?? byParallelism(curve);
}

const rateOf = ({ ok, windowUs }: SaturationStep): number => (ok / windowUs) * 1e6;
const perSec = (rate: number): string => `${rounded(rate)}/s`;

/** Where connections broke the sweep ended, and what they would have brought is not known: neither a plateau nor a rise is the target's. */
function errors({ facts, ceilingPerSec }: Curve): Read | null {
  const last = facts.steps.at(-1);
  if (last === undefined || last.givenUp === 0) return null;
  const keys = Object.entries(last.errors).map(([key, count]) => `${key} (${count})`);
  return unclear(
    `The most that was answered is ${perSec(ceilingPerSec.value)}; with ${last.connections} connections errors take over: ${last.givenUp} of them were lost again and again, and given up. Not enough evidence for what limits it.`,
    [`What came: ${keys.join(", ")}. A limit on connections, or a target that fails under them, would do that.`],
  );
}

/** Accepted rate flat, the rest refused, and nobody waits: a limit that counts, and no queue. */
function quota({ plateau, shape, steps, ceilingPerSec, parallelism }: Curve): Read | null {
  const last = plateau.at(-1);
  if (last === undefined || last.meanUs === null || shape !== "flat") return null;
  const refused = last.rejected / (last.ok + last.rejected);
  const queuedUs = (last.connections / rateOf(last)) * 1e6;
  if (refused < refusedShare || last.meanUs > queuedMost * queuedUs) return null;
  const evidence = [
    `With ${last.connections} connections ${perSec(rateOf(last))} were accepted and ${formatShare(refused)} of all replies were refusals (429, 503).`,
    `What was accepted took ${formatUs(last.meanUs)}; in a queue for ${perSec(rateOf(last))} it would have taken ${formatUs(queuedUs)}.`,
  ];
  const servers = parallelism === null ? null : wholeIn(parallelism);
  const refusesOne = (steps[0]?.rejected ?? 0) > 0 && steps[0]?.connections === 1;
  if (servers !== null && !refusesOne) {
    return unclear(
      `Something refuses beyond ${perSec(ceilingPerSec.value)}: a rate limit, or a limit of ${servers} at a time, which at this latency are the same.`,
      [...evidence, "A run at a higher rate with faster replies, or on another operation, tells them apart."],
    );
  }
  return {
    reading: "rate-quota",
    sentence: `A quota lets ${perSec(ceilingPerSec.value)} through and refuses the rest; nothing queues behind it.`,
    evidence,
  };
}

function generator({ plateau, steps, ceilingPerSec }: Curve): Read | null {
  const busiest = (plateau.at(-1) ?? steps.at(-1))?.eventLoopShare ?? 0;
  if (busiest < loopShareMost) return null;
  return {
    reading: "generator-limited",
    sentence: `Autocannon itself was the limit: the target does at least ${perSec(ceilingPerSec.value)}.`,
    evidence: [
      `Its busiest thread worked ${formatShare(busiest)} of the time (limit ${formatShare(loopShareMost)}). More --workers, on more cores, go further.`,
    ],
  };
}

function rising({ shape, steps, ceilingPerSec }: Curve): Read | null {
  const [before, last] = [steps.at(-2), steps.at(-1)];
  if (shape !== "rising" || before === undefined || last === undefined) return null;
  return {
    reading: "no-limit-found",
    sentence: `No limit was found up to ${last.connections} connections, which is ${perSec(ceilingPerSec.value)}; the ceiling is above that.`,
    evidence: [
      `From ${before.connections} to ${last.connections} connections throughput still grew ${formatCount(rateOf(last) / rateOf(before))} times. More --connections go further.`,
    ],
  };
}

function unclearShape({ shape, ceilingPerSec }: Curve): Read | null {
  if (shape !== "unclear") return null;
  return unclear(
    `The most that was answered is ${perSec(ceilingPerSec.value)}, and it is neither rising nor flat for two doublings: not enough evidence for what limits it.`,
    ["A plateau takes two flat doublings in a row: more --connections, or a longer --hold, would show where it goes."],
  );
}

function byParallelism(curve: Curve): Read {
  const { parallelism, ceilingPerSec, shape } = curve;
  const ceiling = `The ceiling is ${perSec(ceilingPerSec.value)}`;
  if (parallelism === null)
    return unclear(`${ceiling}, and latency with one connection is not known well enough to say what limits it.`, []);
  const facts = [
    `c = X_max x S1 = ${rounded(parallelism.value)} (${rounded(parallelism.low)} to ${rounded(parallelism.high)}).`,
    ...cpuText(curve),
    ...pingText(curve),
    ...(shape === "falling" ? ["Beyond its highest point throughput falls: more at once get in one another's way."] : []),
  ];
  const servers = wholeIn(parallelism);
  const found = servers === 1 ? oneAtATime(curve, ceiling) : (allCores(curve, ceiling) ?? several(curve, servers, ceiling));
  return { ...found, evidence: [...facts, ...found.evidence] };
}

function oneAtATime(curve: Curve, ceiling: string): Read {
  const share = pingShare(curve);
  const each = formatUs(1e6 / curve.ceilingPerSec.value);
  const full = fullCores(curve);
  // With one core the loop and the machine are the same; with several a neighbour may have pushed the target down to one at a time.
  if (full !== null && full > 1) {
    return unclear(
      `${ceiling}, one request at a time, ${each} each, while all ${full} cores of this machine are full; not enough evidence for what limits it.`,
      ["A generator on another machine tells: if the ceiling stays, it is the target's own."],
    );
  }
  if (share !== null && share >= waitsToo) {
    return {
      reading: "one-loop",
      sentence: `${ceiling}, and the limit is one core or event loop: one request at a time, ${each} each, and a trivial request waits in the same queue.`,
      evidence: [],
    };
  }
  if (share !== null && share <= waitsNot) {
    return {
      reading: "serial-resource",
      sentence: `${ceiling}, and the limit is a lock or another serial resource behind the process: one request at a time, ${each} each, while a trivial request passes.`,
      evidence: [],
    };
  }
  const why = curve.facts.hasPing
    ? "The trivial lane waits a little and not as the load does."
    : 'Without a trivial lane (lanes: { trivial: "/ping" }) a busy loop and a lock look alike.';
  return unclear(`${ceiling}, one request at a time, ${each} each: one core or loop, or a lock; not enough evidence for which.`, [
    why,
  ]);
}

/** Only where the target's processors can be seen, and where c is surely more than one and not more than there are. */
function allCores(curve: Curve, ceiling: string): Read | null {
  const { parallelism } = curve;
  const cores = fullCores(curve);
  if (cores === null || parallelism === null) return null;
  if (parallelism.low / bias <= 1 || parallelism.low / bias > cores) return null;
  return {
    reading: "all-cores",
    sentence: `${ceiling}, and the limit is this machine: all ${cores} cores are full.`,
    evidence: ["The generator, and whatever else runs here, has a share of them; `peakproof run` tells whose they are."],
  };
}

function several(curve: Curve, servers: number | null, ceiling: string): Read {
  const { parallelism } = curve;
  const share = pingShare(curve);
  if (share !== null && share >= waitsToo) {
    return unclear(
      `${ceiling}. The queue is in the process itself, since a trivial request waits in it: several full cores, or one loop with waits elsewhere; not enough evidence for which.`,
      ["The processors of the target tell: `peakproof run` samples them."],
    );
  }
  const corner = servers === null ? null : cornerShare(curve, servers);
  if (servers !== null && corner !== null && corner >= sharpShare) {
    return {
      reading: "pool",
      sentence: `${ceiling}, and the limit is a pool or a cap of ${servers}: so many are served at a time, and the others wait.`,
      evidence: [
        `The corner is sharp: beside it every step reaches ${formatShare(Math.min(1, corner))} or more of what the line allows.`,
      ],
    };
  }
  const between = `${rounded((parallelism?.low ?? 0) / bias)} to ${rounded(parallelism?.high ?? 0)}`;
  const why =
    corner === null
      ? "No single whole number, or several, lie within its interval."
      : `The corner is round: a step beside it reaches only ${formatShare(corner)} of what the line allows.`;
  return unclear(`${ceiling}, with ${between} served at a time; not enough evidence for what limits it.`, [why]);
}

function unclear(sentence: string, evidence: readonly string[]): Read {
  return { reading: "not-enough-evidence" satisfies SaturationReading, sentence, evidence };
}

/** The one whole number that the interval, widened for its bias, has in it; null where it has none or several. */
function wholeIn({ low, high }: Estimate): number | null {
  const first = Math.max(1, Math.ceil(low / bias));
  return first <= high && first + 1 > high ? first : null;
}

/** How near the steps around a corner come to it: the least of X(N) / min(N / S1, X_max) from half its connections to twice as many. */
function cornerShare({ steps, unloadedUs, ceilingPerSec }: Curve, servers: number): number | null {
  const near = steps.filter(({ connections }) => connections >= servers / 2 && connections <= servers * 2);
  if (unloadedUs === null || near.length < 2) return null;
  const shares = near.map((step) => rateOf(step) / Math.min((step.connections / unloadedUs.value) * 1e6, ceilingPerSec.value));
  return Math.min(...shares);
}

/** Of the time that the load queued on the plateau, how much a trivial request queued too: the median round. Null: no round, or no queue. */
function pingShare({ facts, plateau, unloadedUs }: Curve): number | null {
  const quietUs = median(facts.steps[0]?.pingUs.filter((us) => us >= 0) ?? []);
  if (quietUs === null || unloadedUs === null) return null;
  const shares = plateau.flatMap(({ meanUs, pingUs }) => {
    const queuedUs = (meanUs ?? 0) - unloadedUs.value;
    return queuedUs < unloadedUs.value ? [] : pingUs.map((us) => (us < 0 ? Infinity : Math.max(0, us - quietUs) / queuedUs));
  });
  return median(shares);
}

function plateauCpu({ plateau }: Curve): number | null {
  return median(plateau.flatMap(({ hostCpuShare }) => hostCpuShare ?? []));
}

/** How many cores the machine has, where they are seen to be full on the plateau; else null. */
function fullCores(curve: Curve): number | null {
  const cpu = plateauCpu(curve);
  return cpu !== null && cpu >= cpuFull ? curve.facts.cores : null;
}

function cpuText(curve: Curve): string[] {
  const cpu = plateauCpu(curve);
  return cpu === null
    ? []
    : [
        `On the plateau this machine's ${curve.facts.cores ?? "?"} cores were ${formatShare(cpu)} in use, the generator included.`,
      ];
}

function pingText(curve: Curve): string[] {
  const share = pingShare(curve);
  const rounds = median(curve.plateau.flatMap(({ pingUs }) => pingUs.map((us) => (us < 0 ? Infinity : us))));
  if (share === null || rounds === null) return [];
  return [
    `A trivial request took ${formatUs(rounds)} meanwhile: it waits ${formatShare(Math.min(1, share))} of what the load waits.`,
  ];
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Three significant digits. */
function rounded(value: number): string {
  return formatCount(Number(value.toPrecision(3)));
}
