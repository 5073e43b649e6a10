import { describe, expect, it } from "vitest";
import type { Answer } from "../src/model/verdict.ts";
import { recordOf, type World } from "../test/record-builder.ts";
import { crashedAt, withoutVitals } from "../test/record-loss.ts";
import { analyze } from "./index.ts";

const answer = (world: Partial<World> = {}): Answer => analyze(recordOf({ multiples: [1, 3, 5], holdSec: 8, ...world })).answer;

describe("the answer", () => {
  it("names the highest multiple that holds, the lowest that breaks, and the cause", () => {
    const { sentence, ...rest } = answer({ capacityPerSec: 700 });
    expect(rest).toEqual({ holdsMultiple: 3, breaksAt: 5, brokeSteps: [3], cause: "SINGLE_CORE_SATURATED" });
    expect(sentence).toMatch(
      /^Holds 3x peak \(600\/s\); at 5x \(1,000\/s\) it breaks: one thread of health-code worker 1 is at 9\d.* % of a core while the other cores idle\.$/,
    );
  });

  it("says that all held", () => {
    expect(answer()).toEqual({
      holdsMultiple: 5,
      breaksAt: null,
      cause: null,
      sentence: "Holds 5x peak (1,000/s), the highest step tried; nothing broke.",
    });
  });

  it("says that not even the base step held", () => {
    const { sentence, ...rest } = answer({ quotaPerSec: 100 });
    expect(rest).toEqual({ holdsMultiple: null, breaksAt: 1, brokeSteps: [1, 2, 3], cause: "RATE_QUOTA" });
    expect(sentence).toMatch(/^Does not hold 1x peak \(200\/s\): a quota lets 100 requests a second through/);
  });

  it("says at least where the generator was the limit, and does not call that a break of the target", () => {
    const { sentence, ...rest } = answer({ generatorCapacityPerSec: 800 });
    expect(rest).toEqual({ holdsMultiple: 3, breaksAt: null, cause: "GENERATOR_LIMITED" });
    expect(sentence).toBe(
      "Holds at least 3x peak (600/s); at 5x (1,000/s) the load generator was the limit, so what the target can do there is not known.",
    );
  });

  it("names the target's own break below the step that outran the generator", () => {
    const { sentence, ...rest } = answer({ generatorCapacityPerSec: 800, capacityPerSec: 400 });
    expect(rest).toEqual({ holdsMultiple: 1, breaksAt: 3, brokeSteps: [2], cause: "SINGLE_CORE_SATURATED" });
    expect(sentence).toMatch(/^Holds 1x peak \(200\/s\); at 3x/);
  });

  it("gives no answer where the run is invalid, and says why", () => {
    const { sentence, ...rest } = answer({ wrongShare: 0.9 });
    expect(rest).toEqual({ holdsMultiple: null, breaksAt: null, cause: "TEST_INVALID" });
    expect(sentence).toMatch(/^No answer\. Most of the replies at the base step were wrong/);
  });

  it("gives the reason first where the run was broken off before its first step was over", () => {
    const record = recordOf({ multiples: [1], holdSec: 8 });
    const ended = { atUs: 1, how: "aborted", reason: 'the tag of "report" was dropped', fault: "safety" } as const;
    const steps = record.run.steps.map((step) => ({ ...step, startUs: null, endUs: null, drainedUs: null, tally: null }));
    const { sentence } = analyze({ ...record, run: { ...record.run, steps, ended } }).answer;
    expect(sentence).toMatch(/^No answer: the tag of "report" was dropped\. The base step was not finished/);
  });

  it("tells of a queue that grows though every limit was met", () => {
    const { sentence, ...rest } = answer({ queueDrainPerSec: 40 });
    expect(rest).toEqual({ holdsMultiple: 5, breaksAt: null, cause: "QUEUE_BACKLOG" });
    expect(sentence).toMatch(/^Holds 5x peak .* no limit was missed, but health_code_queue_depth grows by \d+ a second at 3x/);
  });

  it("does not pass off a small cause as the answer", () => {
    const record = recordOf({
      multiples: [1, 3, 5],
      holdSec: 8,
      queueDrainPerSec: 40,
      capacityPerSec: 300,
      threads: 2,
      cores: 2,
    });
    const { sentence, cause } = analyze(withoutVitals(record, /^(cpu|busy)\./)).answer;
    expect(cause).toBe("UNKNOWN");
    expect(sentence).toMatch(/it breaks: scan response p99 .*, limit 200 ms, and no rule explains it/);
  });

  it("says which limits it could not measure where it says that a step held", () => {
    expect(answer({ budgets: ["scan response p90 <= 1s", "report response p99 <= 1s"] }).sentence).toBe(
      "Holds 5x peak (1,000/s), the highest step tried; nothing broke. Not measured there, for want of requests: report response p99.",
    );
  });

  it("gives no answer where no limit could be measured", () => {
    const { sentence, ...rest } = answer({ budgets: ["report response p99.9 <= 1s"] });
    expect(rest).toEqual({ holdsMultiple: null, breaksAt: null, cause: null });
    expect(sentence).toMatch(/^No answer: no limit had enough requests/);
  });

  it("gives no answer where nothing was finished", () => {
    expect(analyze(crashedAt(recordOf({ multiples: [1], holdSec: 3 }), 0)).answer).toMatchObject({
      holdsMultiple: null,
      breaksAt: null,
      cause: null,
    });
  });
});

describe("a step holds", () => {
  it("by the budgets at every step, whatever their `up to` scopes", () => {
    expect(answer({ capacityPerSec: 700, budgets: ["response p99 <= 200ms up to 1x"] })).toMatchObject({
      holdsMultiple: 3,
      breaksAt: 5,
    });
  });

  it("without budgets by 99 % served and at most ten times the base step's p99", () => {
    expect(answer({ capacityPerSec: 700, budgets: [] })).toMatchObject({ holdsMultiple: 3, breaksAt: 5 });
    expect(answer({ quotaPerSec: 900, budgets: [] })).toMatchObject({ holdsMultiple: 3, breaksAt: 5 });
    expect(answer({ budgets: [] })).toMatchObject({ holdsMultiple: 5, breaksAt: null });
  });
});

describe("capacity", () => {
  it("is bounded by the steps, and its best rate is what was served within the hold", () => {
    const { capacity } = analyze(recordOf({ multiples: [1, 3, 5], holdSec: 8, capacityPerSec: 700 }));
    expect(capacity).toMatchObject({ holdsRatePerSec: 600, breaksRatePerSec: 1_000, lowerBound: false });
    expect(capacity.bestOkPerSec).toBeGreaterThan(640);
    expect(capacity.bestOkPerSec).toBeLessThan(720);
  });

  it("is a lower bound where only the generator gave out", () => {
    const { capacity } = analyze(recordOf({ multiples: [1, 5], holdSec: 8, generatorCapacityPerSec: 700 }));
    expect(capacity).toMatchObject({ holdsRatePerSec: 200, breaksRatePerSec: null, lowerBound: true });
  });

  it("takes hold and drain where the series is missing", () => {
    const record = recordOf({ multiples: [1, 5], holdSec: 8, capacityPerSec: 700 });
    const { capacity } = analyze({ ...record, series: [] });
    expect(capacity.bestOkPerSec).toBeGreaterThan(500);
    expect(capacity.bestOkPerSec).toBeLessThan(720);
  });
});
