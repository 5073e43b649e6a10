import { setTimeout as delay } from "node:timers/promises";
import type { LanesInput } from "../load/messages.ts";
import { monotonicUs } from "../measure/clock.ts";
import { clockStats } from "../model/distribution.ts";
import type { SaturationStep } from "../model/saturation.ts";
import { Battery, type WholeMeasured } from "./battery.ts";
import { HostCpu } from "./host-cpu.ts";
import type { CannonInput, Sent, Window } from "./messages.ts";
import { PingLane } from "./ping.ts";
import { stopReason } from "./stop.ts";

/** The first step's first second counts for nothing: connections open, code compiles, caches fill. Microseconds. */
const warmupUs = 1_000_000;
/** Shortest time that a step is given to settle before its window begins, microseconds. */
const settleUs = 250_000;
/** A window lasts as long as a request of this step is expected to take, so often; a step settles for one of them. */
const roundsOfWindow = 3;
/** Longest settling and longest window, microseconds: a slow target must not make minutes of a look. */
const longestSettleUs = 2_000_000;
const longestWindowUs = 4_000_000;

export interface SweepOptions {
  readonly cannon: CannonInput;
  /** The sentinel lanes, or null. */
  readonly lanes: Omit<LanesInput, "startedUs"> | null;
  readonly threads: number;
  /** The most connections; they go 1, 2, 4 ... up to it, and end with it. */
  readonly connectionsMost: number;
  /** Shortest window of a step. */
  readonly windowUs: number;
  /** Whether the target is on this machine, so that its processors are the target's too. */
  readonly isLocal: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (connections: number) => void;
  /** A step is measured. */
  readonly onStepDone: (steps: readonly SaturationStep[]) => void;
}

export interface Swept {
  readonly steps: readonly SaturationStep[];
  readonly totals: Sent;
  /** Why it went no further. */
  readonly stopped: string;
}

/**
 * A closed loop over 1, 2, 4 ... connections: each step adds connections to those that are there, lets the queue find its length, and
 * measures a window. Ends early where more connections tell nothing more, and at once where the signal is aborted: what was
 * measured by then stands. Throws a Fault only where a thread of ours fails.
 */
export async function sweep(options: SweepOptions): Promise<Swept> {
  const startedUs = monotonicUs();
  const battery = new Battery(options.cannon, options.threads);
  const ping = new PingLane(options.lanes === null ? null : { ...options.lanes, startedUs });
  const steps: SaturationStep[] = [];
  const halted = rejection(options.signal);
  try {
    const stopped = await climb(options, { battery, ping, halted, startedUs, steps });
    const totals = options.signal.aborted ? await battery.halt() : await battery.drain();
    // Only now, since what was asked late in a step may have been answered after it.
    const measured = steps.map((step) => withPings(step, ping.within(pingWindow(step, startedUs))));
    return { steps: measured, totals, stopped };
  } finally {
    await Promise.all([battery.close(), ping.close()]);
  }
}

interface Under {
  readonly battery: Battery;
  readonly ping: PingLane;
  readonly halted: Promise<never>;
  readonly startedUs: number;
  /** Those that are measured; more are added. */
  readonly steps: SaturationStep[];
}

/** Step by step up; gives why it went no further. */
async function climb(options: SweepOptions, under: Under): Promise<string> {
  const { signal, connectionsMost } = options;
  const { steps, battery, halted } = under;
  try {
    await Promise.race([battery.ready(), halted]);
    for (const connections of ladder(connectionsMost)) {
      options.onStep(connections);
      steps.push(await measureStep(options, under, connections));
      options.onStepDone(steps);
      const reason = stopReason(steps);
      if (reason !== null) return reason;
    }
    return `--connections ${connectionsMost} reached`;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return String(signal.reason);
  }
}

function withPings(step: SaturationStep, pingUs: readonly number[]): SaturationStep {
  return { ...step, pingUs };
}

/** The step's window and half of the shortest settling before it, when the queue is there already: with two rounds a second none is to be wasted. */
function pingWindow({ startUs, windowUs }: SaturationStep, startedUs: number): Window {
  const fromUs = startedUs + startUs;
  return { fromUs: fromUs - settleUs / 2, toUs: fromUs + windowUs };
}

/** Rejects when a signal is aborted. */
function rejection(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

/** 1, 2, 4 ... and the most. */
export function ladder(most: number): number[] {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, at) => 2 ** at);
  return powers.at(-1) === most ? powers : [...powers, most];
}

async function measureStep(options: SweepOptions, under: Under, connections: number): Promise<SaturationStep> {
  const { battery, halted, startedUs, steps } = under;
  const roundUs = expectedUs(steps, connections);
  const nowUs = monotonicUs();
  const settlingUs = steps.length === 0 ? warmupUs : Math.min(longestSettleUs, Math.max(settleUs, roundUs));
  const fromUs = nowUs + settlingUs;
  const windowUs = Math.max(options.windowUs, Math.min(longestWindowUs, roundUs * roundsOfWindow));
  const window = { fromUs, toUs: fromUs + windowUs };
  battery.grow(connections);
  const measuring = battery.measure(window, nowUs);
  measuring.catch(() => undefined);
  await delay(settlingUs / 1_000, undefined, { signal: options.signal });
  const host = new HostCpu();
  const measured = await Promise.race([measuring, halted]);
  const hostCpuShare = options.isLocal ? host.share() : null;
  return stepOf(connections, window, measured, { startedUs, hostCpuShare });
}

/** How long a request will take with so many connections, if nothing more is answered per second than was so far; 0: not known. */
function expectedUs(steps: readonly SaturationStep[], connections: number): number {
  const best = Math.max(0, ...steps.map(({ ok, rejected, failed, windowUs }) => (ok + rejected + failed) / windowUs));
  return best === 0 ? 0 : connections / best;
}

interface Beside extends Pick<SaturationStep, "hostCpuShare"> {
  readonly startedUs: number;
}

function stepOf(connections: number, window: Window, measured: WholeMeasured, beside: Beside): SaturationStep {
  const { ok, rejected, failed, givenUp, errors, slices, eventLoopShare, residenceUs, latency } = measured;
  const { startedUs, hostCpuShare } = beside;
  const clock = clockStats(latency);
  const windowUs = window.toUs - window.fromUs;
  return {
    connections,
    startUs: Math.round(window.fromUs - startedUs),
    windowUs,
    ok,
    rejected,
    failed,
    givenUp,
    errors,
    meanUs: clock?.mean ?? null,
    p50Us: clock?.p50 ?? null,
    p99Us: clock?.p99 ?? null,
    inFlight: residenceUs / windowUs,
    slices,
    eventLoopShare,
    hostCpuShare,
    pingUs: [],
  };
}
