import { describe, expect, it } from "vitest";
import type { SaturationFacts, SaturationStep } from "../src/model/saturation.ts";
import { judgeSaturation } from "./saturation.ts";

interface Measured {
  /** X(N) for N = 1, 2, 4 ..., accepted per second. */
  readonly rates: readonly number[];
  /** Latency of what was accepted, where it is not that of a queue (N / X), microseconds. */
  readonly latencyUs?: number;
  readonly rejected?: readonly number[];
  /** A trivial request with one connection, and with most. */
  readonly pingUs?: readonly [quiet: number, loaded: number];
  readonly change?: (step: SaturationStep) => Partial<SaturationStep>;
  readonly cores?: number | null;
}

/** A sweep with windows of a second whose eighths differ by a percent. */
function facts({ rates, latencyUs, rejected = [], pingUs, change = () => ({}), cores = null }: Measured): SaturationFacts {
  const steps = rates.map((rate, at): SaturationStep => {
    const connections = 2 ** at;
    const meanUs = latencyUs ?? (connections / rate) * 1e6;
    const slices = Array.from({ length: 8 }, (_, part) => {
      const ok = (rate / 8) * (1 + 0.01 * (-1) ** part);
      return { ok, okUs: ok * meanUs * (1 - 0.005 * (-1) ** part) };
    });
    const step: SaturationStep = {
      connections,
      startUs: at * 1.25e6,
      windowUs: 1e6,
      ok: rate,
      rejected: rejected[at] ?? 0,
      failed: 0,
      givenUp: 0,
      errors: {},
      meanUs,
      p50Us: meanUs,
      p99Us: null,
      inFlight: connections,
      slices,
      eventLoopShare: 0.1,
      hostCpuShare: null,
      pingUs: pingUs === undefined ? [] : [at === 0 ? pingUs[0] : pingUs[1]],
    };
    return { ...step, ...change(step) };
  });
  return { steps, cores, hasPing: pingUs !== undefined };
}

describe("the six systems that were measured (reference: diagnosis, 2.1)", () => {
  it.each([
    ["a semaphore of 4", { rates: [18, 38, 76, 79, 79, 78], pingUs: [1_400, 1_400] as const }, "pool", "a cap of 4"],
    ["a semaphore of 2", { rates: [31, 63, 65, 65, 65, 65], pingUs: [800, 800] as const }, "pool", "a cap of 2"],
    ["a mutex", { rates: [43, 46, 48, 48, 48, 48], pingUs: [900, 900] as const }, "serial-resource", "a lock"],
    [
      "5 ms of work on the loop",
      { rates: [158, 169, 170, 177, 170, 176], pingUs: [3_000, 145_000] as const },
      "one-loop",
      "one core",
    ],
    [
      "100 ms without a cap",
      { rates: [10, 20, 39, 78, 153, 287], pingUs: [1_700, 1_700] as const },
      "no-limit-found",
      "32 connections",
    ],
    [
      "a token bucket",
      {
        rates: [103, 101, 99, 101, 101, 100],
        rejected: [79, 200, 700, 1_900, 4_000, 7_441],
        latencyUs: 5_800,
        pingUs: [700, 700] as const,
      },
      "rate-quota",
      "A quota lets 101/s through",
    ],
  ])("reads %s", (_, measured, reading, words) => {
    const saturation = judgeSaturation(facts(measured));
    expect(saturation).toMatchObject({ reading, isLowerBound: reading === "no-limit-found", doubts: [] });
    expect(saturation.sentence).toContain(words);
  });
});

it("gives c with an interval that holds the true number of servers, or one up to a tenth above it", () => {
  const { parallelism, ceilingPerSec, unloadedUs, plateau } = judgeSaturation(facts({ rates: [18, 38, 76, 79, 79, 78] }));
  expect(plateau).toEqual([4, 8, 16, 32]);
  expect(ceilingPerSec?.value).toBeCloseTo(78, 1);
  expect(unloadedUs?.value).toBeCloseTo(1e6 / 18, -2);
  expect(parallelism?.low).toBeGreaterThan(4);
  expect(parallelism?.high).toBeLessThan(4.4);
});

describe("where the evidence does not reach it says so", () => {
  const notEnough = (measured: Measured): string => {
    const saturation = judgeSaturation(facts(measured));
    expect(saturation.reading).toBe("not-enough-evidence");
    return [saturation.sentence, ...saturation.evidence].join(" ");
  };

  it("a lock and a loop look alike without a trivial lane", () => {
    expect(notEnough({ rates: [48, 48, 48, 48] })).toContain("Without a trivial lane");
  });

  it("a trivial request that waits a little decides nothing", () => {
    expect(notEnough({ rates: [48, 48, 48, 48], pingUs: [1_000, 12_000] })).toContain("waits a little");
  });

  it("one flat doubling is no plateau", () => {
    expect(notEnough({ rates: [20, 40, 80, 84] })).toContain("neither rising nor flat");
  });

  it("a c with several whole numbers in its interval is no pool of any of them", () => {
    expect(notEnough({ rates: [20, 40, 80, 160, 320, 560, 590, 590], pingUs: [900, 900] })).toContain("No single whole number");
  });

  it("a round corner is no pool", () => {
    expect(notEnough({ rates: [20, 27, 34, 39, 41, 42], pingUs: [900, 900] })).toContain("corner is round");
  });

  it("a trivial request that waits where several are served is a queue in the process, of one loop or of many cores", () => {
    expect(notEnough({ rates: [18, 38, 76, 79, 79, 78], pingUs: [1_000, 250_000] })).toContain("one loop with waits elsewhere");
  });

  it("refusals beyond a whole number at a time may be a limit of that many, or a rate", () => {
    const rejected = [0, 0, 0, 900, 3_000, 9_000];
    expect(notEnough({ rates: [20, 40, 80, 80, 80, 80], rejected, latencyUs: 50_000 })).toContain("a limit of 4 at a time");
  });

  it("a sweep that errors ended says nothing of a limit, neither that there is one nor that there is none", () => {
    const givenUp = (steps: number) => ({
      rates: [10, 20, 39, 78, 79, 78].slice(0, steps + 1),
      change: ({ connections }: SaturationStep) =>
        connections === 2 ** steps ? { inFlight: connections / 2, failed: 8, givenUp: 8, errors: { "connection:lost": 8 } } : {},
    });
    expect(notEnough(givenUp(3))).toContain("with 8 connections errors take over");
    expect(notEnough({ ...givenUp(5), pingUs: [900, 900] })).toContain("connection:lost (8)");
  });

  it("one request at a time on a machine that is full may be anybody's doing", () => {
    const full = (pingUs: readonly [number, number]): Measured => ({
      rates: [158, 169, 170, 177, 170, 176],
      pingUs,
      cores: 2,
      change: () => ({ hostCpuShare: 0.99 }),
    });
    expect(notEnough(full([3_000, 145_000]))).toContain("generator on another machine");
    expect(notEnough(full([900, 900]))).toContain("all 2 cores of this machine are full");
    expect(judgeSaturation(facts({ ...full([3_000, 145_000]), cores: 1 })).reading).toBe("one-loop");
  });

  it("no step at all", () => {
    expect(notEnough({ rates: [] })).toContain("Nothing was measured");
  });

  it("a sweep without one connection alone has no c", () => {
    const { parallelism, unloadedUs } = judgeSaturation(
      facts({
        rates: [48, 48, 48, 48],
        change: ({ connections }) => ({ connections: connections * 2, inFlight: connections * 2 }),
      }),
    );
    expect({ parallelism, unloadedUs }).toEqual({ parallelism: null, unloadedUs: null });
  });
});

it("names all cores where they are seen to be full", () => {
  const full = facts({ rates: [100, 195, 200, 201, 199], cores: 2, change: () => ({ hostCpuShare: 0.98 }), pingUs: [900, 900] });
  expect(judgeSaturation(full)).toMatchObject({ reading: "all-cores" });
});

it("does not blame full cores where c may as well be one", () => {
  const unsteady = ({ connections, slices }: SaturationStep): Partial<SaturationStep> => ({
    hostCpuShare: 1,
    ...(connections === 1 ? { slices: slices.map(({ ok, okUs }, at) => ({ ok, okUs: okUs * (at === 0 ? 8 : 1) })) } : {}),
  });
  const saturation = judgeSaturation(facts({ rates: [111, 134, 170, 175, 173], cores: 2, change: unsteady, pingUs: [900, 900] }));
  expect(saturation.reading).toBe("not-enough-evidence");
});

it("counts a step for nothing in which Little's law does not hold", () => {
  const change = ({ connections }: SaturationStep): Partial<SaturationStep> => (connections === 8 ? { inFlight: 7 } : {});
  const { doubts, plateau } = judgeSaturation(facts({ rates: [18, 38, 76, 79, 79, 78], change }));
  expect(doubts).toEqual([{ connections: 8, because: expect.stringContaining("Little's law does not hold") }]);
  expect(plateau).toEqual([4, 16, 32]);
});

it("says that the generator was the limit, and the ceiling a lower bound, where its thread was busy", () => {
  const change = (): Partial<SaturationStep> => ({ eventLoopShare: 0.97 });
  const saturation = judgeSaturation(facts({ rates: [9_000, 14_000, 15_000, 15_100, 15_000], change, pingUs: [300, 300] }));
  expect(saturation).toMatchObject({ reading: "generator-limited", isLowerBound: true });
  expect(saturation.doubts).toHaveLength(5);
});

it("says that throughput falls behind its highest point", () => {
  const { shape, evidence, plateau } = judgeSaturation(facts({ rates: [50, 100, 104, 90, 70], pingUs: [900, 900] }));
  expect({ shape, plateau }).toEqual({ shape: "falling", plateau: [2, 4] });
  expect(evidence.join(" ")).toContain("throughput falls");
});
