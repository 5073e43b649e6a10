import { describe, expect, it } from "vitest";
import type { RunRecord } from "../src/model/record.ts";
import { signals } from "../src/model/vitals.ts";
import { recordOf, type World } from "../test/record-builder.ts";
import { crashedAt, withoutLatency, withTally } from "../test/record-loss.ts";
import { gradeValidity } from "./validity.ts";

const world = (more: Partial<World> = {}): RunRecord => recordOf({ multiples: [1, 3, 5], holdSec: 8, ...more });

/** The same record with another value of a signal of each load thread. */
const withVital = (record: RunRecord, signal: string, value: number): RunRecord => ({
  ...record,
  vitals: record.vitals.map((sample) =>
    sample.source.startsWith("generator/worker-") && sample.signal === signal ? Object.assign({}, sample, { value }) : sample,
  ),
});

const busy = (record: RunRecord, share: number): RunRecord => withVital(record, signals.eventLoopShare, share);

const spinning = (record: RunRecord): RunRecord => ({
  ...record,
  run: { ...record.run, plan: { ...record.run.plan, precision: "spin" } },
});

/** The same record with another lag at every step, of all but the first requests. */
const late = (record: RunRecord, lagUs: number, count = 9_999): RunRecord => {
  const lag = { count, maxUs: lagUs, meanUs: lagUs, percentile: () => lagUs, countAtOrBelow: () => 0 };
  return { ...record, latency: new Map([...record.latency].map(([tag, own]) => [tag, tag.includes(".lag.") ? lag : own])) };
};

describe("the grade of a run", () => {
  it("is valid where the generator kept its schedule", () => {
    expect(gradeValidity(world())).toEqual({ grade: "valid", reasons: [], cleanUpTo: 5 });
  });

  it("stays valid where the target is overloaded, whatever that does to what is sent", () => {
    const overloaded = world({ capacityPerSec: 300, maxConnections: 32, deadlineUs: 2_000_000 });
    expect(overloaded.run.steps.some((step) => (step.tally?.errors["timeout:reading"] ?? 0) > 1_000)).toBe(true);
    expect(overloaded.latency.get("s3.*.wait.*")?.percentile(50)).toBeGreaterThan(1_000_000);
    expect(gradeValidity(overloaded).grade).toBe("valid");
  });

  it("is a lower bound where a higher step outran the generator, and says how far it was clean", () => {
    const validity = gradeValidity(world({ generatorCapacityPerSec: 800 }));
    expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 3 });
    expect(validity.reasons).toHaveLength(1);
    expect(validity.reasons[0]).toMatch(
      /^At 5x \(1,000\/s\) the load generator was the limit: it took up only (7|8)\d.* % .*; its lag p99 was/,
    );
  });

  it("is invalid where the base step outran it", () => {
    expect(gradeValidity(world({ generatorCapacityPerSec: 150 }))).toMatchObject({ grade: "invalid", cleanUpTo: null });
  });

  it("is invalid where the base step was not finished, or got mostly wrong replies", () => {
    expect(gradeValidity(crashedAt(world(), 1)).reasons).toEqual([
      "The base step was not finished, so there is nothing to compare with.",
    ]);
    expect(gradeValidity(world({ wrongShare: 0.9 })).reasons[0]).toMatch(/^Most of the replies at the base step were wrong/);
  });

  it("grades what a crash left finished", () => {
    expect(gradeValidity(crashedAt(world(), 3))).toEqual({ grade: "valid", reasons: [], cleanUpTo: 3 });
  });
});

describe("a little lag", () => {
  it("on a shared machine limits nothing: it is small beside the 200 ms of the budget", () => {
    expect(gradeValidity(late(world(), 15_000)).grade).toBe("valid");
  });

  it("limits where it is a tenth of the tightest budget", () => {
    expect(gradeValidity(late(world(), 25_000)).grade).toBe("invalid");
  });

  it("limits from 10 ms on where responses are fast and no budget says otherwise", () => {
    expect(gradeValidity(late(world({ budgets: [] }), 9_000)).grade).toBe("valid");
    expect(gradeValidity(late(world({ budgets: [] }), 11_000)).grade).toBe("invalid");
  });

  it("counts double where a load thread is busy, which then reads replies late as well", () => {
    expect(gradeValidity(busy(late(world(), 12_000), 0.95)).grade).toBe("invalid");
    expect(gradeValidity(busy(late(world(), 12_000), 0.7)).grade).toBe("valid");
  });

  it("is judged by ten requests where there were fewer than a thousand, and not where there were hardly more than ten", () => {
    expect(gradeValidity(late(world(), 25_000, 600)).reasons[0]).toContain("its lag p98 was 25 ms (limit 20 ms)");
    expect(gradeValidity(late(world(), 25_000, 10)).grade).toBe("valid");
  });

  it("is no reason at all while a busy thread keeps its schedule", () => {
    expect(gradeValidity(busy(world(), 0.97)).grade).toBe("valid");
  });

  it("does not blame a spinning generator for the core that it burns, but for having no idle turn", () => {
    const burning = spinning(withVital(late(world(), 12_000), signals.cpuCores, 1));
    expect(gradeValidity(burning).grade).toBe("valid");
    expect(gradeValidity(busy(burning, 0.95)).grade).toBe("invalid");
    expect(gradeValidity(withVital(late(world(), 12_000), signals.cpuCores, 1)).grade).toBe("invalid");
  });

  it("counts double above the rate that the generator was calibrated for", () => {
    const calibrated = (record: RunRecord, cleanRatePerSec: number): RunRecord => ({
      ...record,
      run: { ...record.run, calibration: { cleanRatePerSec, cpuUsPerRequest: 20, measuredAt: record.run.startedAt } },
    });
    const validity = gradeValidity(calibrated(late(world(), 12_000), 800));
    expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 3 });
    expect(validity.reasons[0]).toContain("by itself it manages 800/s here, of the 1,000/s asked for");
    expect(gradeValidity(calibrated(late(world(), 12_000), 1_100)).grade).toBe("valid");
    expect(gradeValidity(calibrated(world(), 800)).grade).toBe("valid");
  });

  it("is not needed to judge: a busy thread is enough where the record holds no lag", () => {
    expect(gradeValidity(busy(withoutLatency(world(), /\.lag\./), 0.97)).grade).toBe("invalid");
  });
});

it.each(["EMFILE", "ENFILE", "EADDRNOTAVAIL", "EAGAIN", "ENOBUFS", "ENOMEM"])(
  "holds connect:%s against the generator, whatever the target did",
  (errno) => {
    const lost = withTally(world(), 2, { errors: { [`connect:${errno}`]: 40 } });
    expect(gradeValidity(lost)).toMatchObject({ grade: "lower-bound", cleanUpTo: 1 });
  },
);

it("holds attempts against the generator that were tried again, whatever became of their requests", () => {
  const retried = withTally(world(), 2, { retried: { "connect:EMFILE": 40, "status:503": 4_000 } });
  const validity = gradeValidity(retried);
  expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 1 });
  expect(validity.reasons[0]).toMatch(/its own limits \(connect:EMFILE\) ended 40 attempts at \d,\d+ requests/);
});

it.each(["connect:ECONNREFUSED", "connect:ECONNRESET", "timeout:connect", "reading:ECONNRESET", "unsent", "status:429"])(
  "never holds %s against the generator, since a target can do that",
  (key) => {
    expect(gradeValidity(withTally(world(), 2, { errors: { [key]: 400 } })).grade).toBe("valid");
  },
);
