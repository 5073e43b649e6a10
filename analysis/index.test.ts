import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FindingCode } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";
import { recordOf, type World } from "../test/record-builder.ts";
import { crashedAt, withoutLanes, withoutVitals } from "../test/record-loss.ts";
import { analyze, gradeValidity } from "./index.ts";

const labBudgets = ["scan response p99 <= 200ms", "report response p90 <= 250ms", "errors <= 0.1%"];
const short = { multiples: [1, 3, 5], holdSec: 8 };

/** One world per cause: what is wrong with it, and what the answer must name. */
const worlds: readonly (readonly [string, Partial<World>, FindingCode | null])[] = [
  ["a healthy target", {}, null],
  ["a saturated core", { capacityPerSec: 700 }, "SINGLE_CORE_SATURATED"],
  ["a core saturated on two shared cores", { capacityPerSec: 700, cores: 2, runQueueWaitShare: 0.12 }, "SINGLE_CORE_SATURATED"],
  ["a saturated core whose laboratory answers late too", { capacityPerSec: 700, budgets: labBudgets }, "SINGLE_CORE_SATURATED"],
  ["a slow laboratory", { labLatencyUs: 400_000, budgets: labBudgets }, "THIRD_PARTY_LATENCY"],
  [
    "a laboratory that slows down",
    { labLatencyUs: (m) => (m < 3 ? 5_000 : 400_000), budgets: labBudgets },
    "THIRD_PARTY_LATENCY",
  ],
  ["a gateway's quota", { quotaPerSec: 500 }, "RATE_QUOTA"],
  ["a queue that piles up", { queueDrainPerSec: 40 }, "QUEUE_BACKLOG"],
  ["a starved generator", { generatorCapacityPerSec: 500 }, "GENERATOR_LIMITED"],
  ["a wrong path", { wrongShare: 0.9 }, "TEST_INVALID"],
  ["two full threads on two cores", { capacityPerSec: 300, threads: 2, cores: 2 }, "ALL_CORES_SATURATED"],
  ["noisy neighbours", { capacityPerSec: 500, runQueueWaitShare: 0.5, neighbourCores: 3.4 }, "EXTERNAL_INTERFERENCE"],
];

describe.each(worlds)("%s", (_, world, cause) => {
  it.each([
    [0, 1],
    [0.05, 2],
    [0.3, 3],
  ])(`is answered with ${cause ?? "no cause"} at noise %d`, (noise, seed) => {
    const verdict = analyze(recordOf({ ...short, ...world, noise, seed }));
    expect(verdict.answer.cause).toBe(cause);
    expect(verdict.findings[0]?.code).toBe(cause ?? "HEALTHY");
  });
});

describe("the pairs that are easily confused", () => {
  const problemsOf = (world: Partial<World>): string[] =>
    analyze(recordOf({ ...short, ...world }))
      .findings.filter((finding) => finding.severity === "problem")
      .map((finding) => finding.code);

  it("a slow laboratory names the third party and not the processor", () => {
    expect(problemsOf({ labLatencyUs: 400_000, budgets: labBudgets })).toEqual(["THIRD_PARTY_LATENCY"]);
  });

  it("a saturated core names the core and not the laboratory that it answers late", () => {
    expect(problemsOf({ capacityPerSec: 700, budgets: labBudgets })).toEqual(["SINGLE_CORE_SATURATED"]);
  });

  it("a quota of 429 names the quota and not the processor", () => {
    expect(problemsOf({ quotaPerSec: 500 })).toEqual(["RATE_QUOTA"]);
  });

  it("a healthy target names nothing", () => {
    expect(problemsOf({})).toEqual([]);
  });

  it("a starved generator gates a saturated core: neither is known while the first is", () => {
    const verdict = analyze(recordOf({ ...short, generatorCapacityPerSec: 450, capacityPerSec: 440 }));
    expect(verdict.findings.map((finding) => finding.code)).toEqual(["GENERATOR_LIMITED"]);
    expect(verdict.notJudged.map((one) => one.code)).toContain("SINGLE_CORE_SATURATED");
  });

  it("a quota and a slow laboratory at the same step are told as either, or", () => {
    const world = { quotaPerSec: 500, labLatencyUs: (m: number) => (m < 3 ? 5_000 : 400_000), budgets: labBudgets };
    expect(problemsOf(world)).toEqual(["AMBIGUOUS", "RATE_QUOTA", "THIRD_PARTY_LATENCY"]);
    expect(analyze(recordOf({ ...short, ...world })).answer.sentence).toMatch(/it breaks: either a quota .*, or the third party/);
  });

  it("a connection cap stretches what is sent, and the run stays valid with the core as its cause", () => {
    const record = recordOf({ ...short, capacityPerSec: 700, maxConnections: 64 });
    const top = record.run.steps.find((step) => step.multiple === 5 && step.role === "step");
    expect(record.latency.get(`s${top?.index}.*.wait.ok`)?.percentile(99)).toBeGreaterThan(1_000_000);
    expect(gradeValidity(record)).toEqual({ grade: "valid", reasons: [], cleanUpTo: 5 });
    expect(analyze(record).answer.cause).toBe("SINGLE_CORE_SATURATED");
  });
});

describe("a record that lacks something", () => {
  const whole = recordOf({ multiples: [1, 3], holdSec: 5, capacityPerSec: 400 });

  it("is judged for what is there, and says what could not be", () => {
    const verdict = analyze(withoutLanes(withoutVitals(whole, /.*/)));
    expect(verdict.answer).toMatchObject({ holdsMultiple: 1, breaksAt: 3, cause: "UNKNOWN" });
    expect(verdict.notJudged.map((one) => one.code)).toEqual([
      "SINGLE_CORE_SATURATED",
      "ALL_CORES_SATURATED",
      "THIRD_PARTY_LATENCY",
      "QUEUE_BACKLOG",
      "WRITES_LOST",
      "WRITES_DUPLICATED",
    ]);
  });

  it("answers for the steps that a crash left finished", () => {
    const { answer } = analyze(crashedAt(whole, 2));
    expect(answer.holdsMultiple).toBe(1);
    expect(answer.sentence).toMatch(
      /^Holds 1x peak \(200\/s\), the highest step finished; nothing broke\. .*Not finished: 3x\.$/,
    );
  });

  it("never makes the judge throw, whatever is missing", () => {
    const some = <Item>(items: readonly Item[]): fc.Arbitrary<Item[]> =>
      fc.integer({ min: 0, max: 7 }).map((kept) => items.filter((_, at) => (at * 2_654_435_761) % 8 < kept));
    const lost = fc.constantFrom("nothing", "tally", "startUs", "endUs", "drainedUs");
    const property = fc.property(
      some(whole.series),
      some(whole.vitals),
      some(whole.events),
      some([...whole.latency]),
      fc.array(lost, { minLength: whole.run.steps.length, maxLength: whole.run.steps.length }),
      (series, vitals, events, latency, losses) => {
        const steps = whole.run.steps.map((step, at): StepRecord => Object.assign({}, step, { [losses[at] ?? ""]: null }));
        const record: RunRecord = { ...whole, run: { ...whole.run, steps }, series, vitals, events, latency: new Map(latency) };
        const verdict = analyze(record);
        for (const { explains, confidence } of verdict.findings) {
          expect(explains).toBeGreaterThanOrEqual(0);
          expect(explains).toBeLessThanOrEqual(1);
          expect(confidence).toBeGreaterThan(0);
        }
        expect(verdict.answer.sentence).not.toMatch(/undefined|null|NaN|Infinity/);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it("never makes the judge throw on lines that somebody edited", () => {
    const odd = [{}, { t: "now" }, { t: 5e6, value: 1 }, { t: 5e6, source: 3, signal: 4, value: 5 }, { event: "process" }];
    const edited = JSON.parse(JSON.stringify(odd)) as never[];
    const record = { ...whole, series: [...edited, ...whole.series], vitals: [...edited, ...whole.vitals], events: edited };
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: 1, breaksAt: 3, cause: "SINGLE_CORE_SATURATED" });
  });
});

it("puts problems in the order of what they explain, and never a HEALTHY beside one", () => {
  for (const [, world] of worlds) {
    const { findings } = analyze(recordOf({ ...short, ...world }));
    const known = findings.filter((finding) => finding.severity === "problem" && finding.code !== "UNKNOWN");
    expect(known.map((finding) => finding.explains)).toEqual(known.map((finding) => finding.explains).toSorted((a, b) => b - a));
    expect(findings.filter((finding) => finding.code === "HEALTHY")).toHaveLength(
      known.length === 0 && !hasUnknown(findings) ? 1 : 0,
    );
  }
});

const hasUnknown = (findings: readonly { readonly code: FindingCode }[]): boolean =>
  findings.some((finding) => finding.code === "UNKNOWN");

it("judges ten minutes of load in well under a second", () => {
  const record = recordOf({ capacityPerSec: 700, multiples: [1, 2, 3, 5], holdSec: 120 });
  const noise = record.series.flatMap(({ t }) =>
    Array.from({ length: 100 }, (_, at) => ({ t, source: "app", signal: `metric:m${at}`, value: at })),
  );
  const large = { ...record, vitals: [...record.vitals, ...noise] };
  const startMs = performance.now();
  expect(analyze(large).answer.cause).toBe("SINGLE_CORE_SATURATED");
  expect(performance.now() - startMs).toBeLessThan(1_000);
});
