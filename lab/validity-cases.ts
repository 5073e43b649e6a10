/** Runs in which one side is throttled, and nobody may mistake it for the other. */
import type { Throttle } from "./throttled-target.ts";

/** What the generator is short of. */
export type Shortage =
  /** A core, which it shares with busy loops. */
  | { readonly of: "core"; readonly busyLoops: number }
  /** File descriptors. */
  | { readonly of: "descriptors"; readonly most: number }
  /** Local ports, in a network namespace. */
  | { readonly of: "ports"; readonly most: number };

export interface ValidityCase {
  readonly name: string;
  readonly peakRatePerSec: number;
  /** Besides 1x. */
  readonly multiple: number;
  readonly policy: "keep-alive" | "fresh";
  readonly target: Throttle;
  /** What the budget allows for a response: lag is held against it. */
  readonly budgetMs: number;
  /** Null: it is the target that is throttled. */
  readonly shortage: Shortage | null;
}

const instant: Throttle = { way: "delay", delayMs: 0 };
/** At 400/s some 200 connections are in use, at 40/s some 20. */
const lingering: Throttle = { way: "delay", delayMs: 500 };

const shortOfCore = [
  [8, 500],
  [8, 10_000],
  [10, 500],
  [10, 1_000],
  [12, 500],
  [12, 1_500],
  [14, 500],
].map(([busyLoops = 0, peakRatePerSec = 0]): ValidityCase => ({
  name: `generator beside ${busyLoops} busy loops, ${peakRatePerSec}/s`,
  peakRatePerSec,
  multiple: 3,
  policy: "keep-alive",
  target: instant,
  budgetMs: 100,
  shortage: { of: "core", busyLoops },
}));

const shortOf = (of: "descriptors" | "ports", limits: readonly number[]): ValidityCase[] =>
  limits.map((most) => ({
    name: `generator with ${most} ${of}`,
    peakRatePerSec: 40,
    multiple: 10,
    policy: "keep-alive",
    target: lingering,
    budgetMs: 1_000,
    shortage: { of, most },
  }));

const slow = (
  name: string,
  target: Throttle,
  rates: readonly (readonly [peakRatePerSec: number, multiple: number])[],
): ValidityCase[] =>
  rates.map(([peakRatePerSec, multiple]) => ({
    name: `${name}, asked for ${peakRatePerSec}/s x ${multiple}`,
    peakRatePerSec,
    multiple,
    policy: target.way === "backlog" ? "fresh" : "keep-alive",
    target,
    budgetMs: target.way === "connections" ? 1_000 : 100,
    shortage: null,
  }));

/** Twenty of each. */
export const validityCases: readonly ValidityCase[] = [
  ...shortOfCore,
  ...shortOf("descriptors", [80, 90, 100, 110, 120, 130, 140]),
  ...shortOf("ports", [30, 40, 60, 80, 100, 120]),
  ...slow("queue of 500/s", { way: "queue", everyMs: 2 }, [
    [200, 3],
    [200, 5],
    [100, 10],
    [300, 8],
  ]),
  ...slow("core of 200/s", { way: "core", workMs: 5 }, [
    [80, 3],
    [80, 5],
    [50, 10],
    [100, 8],
  ]),
  ...slow("quota of 200/s", { way: "quota", perSec: 200 }, [
    [100, 3],
    [100, 5],
    [150, 8],
    [100, 20],
  ]),
  ...slow("backlog of 4, 100/s", { way: "backlog", backlog: 4, workMs: 10 }, [
    [40, 3],
    [40, 5],
    [30, 8],
    [30, 12],
  ]),
  ...slow("20 connections, 500 ms", { way: "connections", most: 20, delayMs: 500 }, [
    [20, 3],
    [20, 5],
    [20, 10],
    [20, 20],
  ]),
];
