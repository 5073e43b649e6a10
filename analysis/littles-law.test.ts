import { expect, it } from "vitest";
import type { RunRecord } from "../src/model/record.ts";
import type { Occupancy, StepRecord } from "../src/model/run.ts";
import { recordOf } from "../test/record-builder.ts";
import { withTally } from "../test/record-loss.ts";
import { analyze } from "./index.ts";
import { imbalanceOf } from "./littles-law.ts";
import { gradeValidity } from "./validity.ts";

/** Warm-up, 1x, 3x, 5x, 1x again. */
const sound = recordOf({ multiples: [1, 3, 5], holdSec: 8 });
const step = (record: RunRecord, index: number): StepRecord => record.run.steps[index]!;
const tampered = (record: RunRecord, index: number, occupancy: Occupancy): RunRecord => withTally(record, index, { occupancy });

it("finds nothing where the connections and the clocks tell the same", () => {
  for (const own of sound.run.steps) expect(imbalanceOf(sound, own)).toBeNull();
});

it("allows 5 % of the larger account", () => {
  expect(imbalanceOf(tampered(sound, 2, { inFlightUs: 9_500_000, residenceUs: 10_000_000 }), step(sound, 2))).toBeNull();
  const off = tampered(sound, 2, { inFlightUs: 9_400_000, residenceUs: 10_000_000 });
  expect(imbalanceOf(off, step(off, 2))).toEqual({
    clause: "by the connections requests were under way for 9.4 s in all, by their own clocks for 10 s: 6 % apart (limit 5 %)",
    evidence: expect.objectContaining({ measured: expect.closeTo(0.06, 9), threshold: 0.05, window: "step 2 (3x)" }),
  });
});

it.each([
  ["nothing was under way long enough", { inFlightUs: 90_000, residenceUs: 1 }],
  ["nothing was under way", { inFlightUs: 0, residenceUs: 0 }],
  ["an account is no number", { inFlightUs: NaN, residenceUs: 10_000_000 }],
])("does not judge where %s", (_, occupancy) => {
  const record = tampered(sound, 2, occupancy);
  expect(imbalanceOf(record, step(record, 2))).toBeNull();
});

it("does not judge a record that has no accounts", () => {
  const { occupancy: _, ...tally } = step(sound, 2).tally!;
  expect(imbalanceOf(sound, { ...step(sound, 2), tally })).toBeNull();
});

it("judges steps that follow one another by the one account that they have together", () => {
  const stages = [1, 3].map((multiple) => ({ multiple, rampSec: 2, holdSec: 4 }));
  const staged = recordOf({ stages, warmupSec: 0 });
  const steps = staged.run.steps.map((own): StepRecord => {
    const { occupancy: _, ...tally } = own.tally!;
    return { ...own, tally: own.index === 3 ? { ...tally, occupancy: { inFlightUs: 1e6, residenceUs: 2e6 } } : tally };
  });
  const record = { ...staged, run: { ...staged.run, steps } };
  for (const own of steps) expect(imbalanceOf(record, own)?.evidence.measured).toBe(0.5);
  expect(imbalanceOf(record, steps[1]!)?.evidence.window).toBe("steps up to 3, without a pause");
  expect(gradeValidity(record).grade).toBe("invalid");
});

it("makes a run a lower bound where a higher step contradicts itself, and blames neither generator nor target", () => {
  const record = tampered(sound, 3, { inFlightUs: 5_000_000, residenceUs: 10_000_000 });
  const validity = gradeValidity(record);
  expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 3 });
  expect(validity.reasons).toEqual([
    expect.stringMatching(/^At 5x \(1,000\/s\) the measurement contradicts itself: .* 50 % apart/),
  ]);
  const { answer, findings } = analyze(record);
  expect(answer).toMatchObject({ holdsMultiple: 3, breaksAt: null });
  expect(answer.sentence).toMatch(/^Holds at least 3x peak \(600\/s\); at 5x \(1,000\/s\) the measurement contradicts itself/);
  expect(findings.map(({ code }) => code)).toEqual(["HEALTHY"]);
});

it("seeks no cause in a step that contradicts itself, though it missed a limit", () => {
  const broken = recordOf({ multiples: [1, 3, 5], holdSec: 8, capacityPerSec: 700 });
  const { answer, findings } = analyze(tampered(broken, 3, { inFlightUs: 5_000_000, residenceUs: 10_000_000 }));
  expect(answer).toMatchObject({ holdsMultiple: 3, breaksAt: null });
  expect(findings.filter(({ severity }) => severity === "problem")).toEqual([]);
});

it("makes the run invalid where the base step contradicts itself", () => {
  const record = tampered(sound, 1, { inFlightUs: 5_000_000, residenceUs: 10_000_000 });
  expect(gradeValidity(record)).toMatchObject({ grade: "invalid", cleanUpTo: null });
  const { answer, findings } = analyze(record);
  expect(findings[0]).toMatchObject({ code: "TEST_INVALID", severity: "problem", explains: 1 });
  expect(answer.sentence).toMatch(/^No answer\. At 1x \(200\/s\) the measurement contradicts itself/);
});
