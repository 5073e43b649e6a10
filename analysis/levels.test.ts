/** Stages: the same multiple may be held more than once, ramps lie between, and a step may follow another without a pause. */
import { describe, expect, it } from "vitest";
import type { RunRecord } from "../src/model/record.ts";
import { recordOf, type World } from "../test/record-builder.ts";
import { withTally } from "../test/record-loss.ts";
import { analyze } from "./index.ts";
import { gradeValidity } from "./validity.ts";
import { viewOf } from "./view.ts";

const held = (...multiples: readonly number[]): World["stages"] =>
  multiples.map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 }));
const staged = (stages: World["stages"], more: Partial<World> = {}): RunRecord => recordOf({ stages, warmupSec: 0, ...more });
const lostTo = (record: RunRecord, index: number, key: string): RunRecord => {
  const due = record.run.steps[index]!.tally!.due;
  return withTally(record, index, { ok: 0, failed: due, errors: { [key]: due } });
};

describe("a multiple that is held twice", () => {
  it("holds where both holds do, and the first of the lowest is the base", () => {
    const record = staged(held(2, 1, 3, 1));
    const view = viewOf(record);
    expect(view.base?.step.index).toBe(1);
    expect(view.levels.map(({ multiple, steps }) => [multiple, steps.length])).toEqual([
      [1, 2],
      [2, 1],
      [3, 1],
    ]);
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: 3, breaksAt: null });
  });

  it("does not hold where one of them did not, and the answer says which", () => {
    const { answer, capacity } = analyze(lostTo(staged(held(1, 3, 2, 3)), 3, "timeout:reading"));
    expect(answer).toMatchObject({ holdsMultiple: 2, breaksAt: 3 });
    expect(answer.sentence).toMatch(
      /^Holds 2x peak \(400\/s\); at 3x \(600\/s\) it breaks: .* 3x held in step 1 and broke in step 3\.$/,
    );
    expect(capacity).toMatchObject({ holdsRatePerSec: 400, breaksRatePerSec: 600 });
  });

  it("is no clean one where the generator was the limit in one of them", () => {
    const record = lostTo(staged(held(1, 3, 2, 3)), 3, "connect:EMFILE");
    const validity = gradeValidity(record);
    expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 2 });
    expect(validity.reasons).toEqual([expect.stringMatching(/^At 3x \(600\/s, step 3\) the load generator was the limit/)]);
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: 2, breaksAt: null });
  });

  it("has broken where the generator limited one hold and the target broke in the other", () => {
    const record = lostTo(lostTo(staged(held(1, 3, 3)), 1, "connect:EMFILE"), 2, "timeout:reading");
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: 1, breaksAt: 3 });
    expect(gradeValidity(record)).toMatchObject({ grade: "lower-bound", cleanUpTo: 1 });
  });

  it("is a lower bound of nothing where the base was clean and its second hold was not", () => {
    const record = lostTo(staged(held(1, 2, 1)), 2, "connect:EMFILE");
    expect(gradeValidity(record)).toMatchObject({ grade: "lower-bound", cleanUpTo: null });
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: null, breaksAt: null });
  });
});

describe("a step that came without a pause after a higher one that broke", () => {
  const spike = staged(held(1, 5, 1), { capacityPerSec: 400 });

  it("breaks by what that one left undone, so that it says nothing of its own rate", () => {
    const { steps, levels, failing } = viewOf(spike);
    expect(steps.map(({ standing, unrecoveredFrom }) => [standing, unrecoveredFrom])).toEqual([
      ["held", null],
      ["unrecovered", 5],
      ["broke", null],
    ]);
    expect(levels.map(({ multiple, standing }) => [multiple, standing])).toEqual([
      [1, "held"],
      [5, "broke"],
    ]);
    expect(failing?.step.step.multiple).toBe(5);
  });

  it("is told in the answer, and shown among those that did not hold", () => {
    const { answer, capacity } = analyze(spike);
    expect(answer).toMatchObject({ holdsMultiple: 1, breaksAt: 5, brokeSteps: [1, 2], cause: "SINGLE_CORE_SATURATED" });
    expect(answer.sentence).toMatch(
      /^Holds 1x peak \(200\/s\); at 5x \(1,000\/s\) it breaks: one thread .* 1x had not recovered after 5x\.$/,
    );
    expect(capacity).toMatchObject({ holdsRatePerSec: 200, breaksRatePerSec: 1_000 });
  });

  it("has company on the way down, and all of it is laid to the highest", () => {
    const { answer } = analyze(staged(held(1, 3, 5, 3, 1), { capacityPerSec: 700 }));
    expect(answer).toMatchObject({ holdsMultiple: 3, breaksAt: 5 });
    expect(answer.sentence).toMatch(/ 3x, 1x had not recovered after 5x\.$/);
  });

  it("grades nothing where the generator was late as well: the higher one does", () => {
    const record = lostTo(lostTo(staged(held(1, 5, 1)), 1, "connect:EMFILE"), 2, "connect:EMFILE");
    const validity = gradeValidity(record);
    expect(validity).toMatchObject({ grade: "lower-bound", cleanUpTo: 1 });
    expect(validity.reasons).toEqual([expect.stringMatching(/^At 5x /)]);
    const { answer } = analyze(record);
    expect(answer).toMatchObject({ holdsMultiple: 1, breaksAt: null, cause: "GENERATOR_LIMITED" });
    expect(answer.brokeSteps).toBeUndefined();
    expect(answer.sentence).toMatch(/^Holds at least 1x peak .* 1x had not recovered after 5x\.$/);
  });

  it("leaves the cause to the higher one where only the lower one was late", () => {
    const record = lostTo(spike, 2, "connect:EMFILE");
    expect(gradeValidity(record)).toEqual({ grade: "valid", reasons: [], cleanUpTo: 5 });
    expect(analyze(record).answer).toMatchObject({ holdsMultiple: 1, breaksAt: 5, cause: "SINGLE_CORE_SATURATED" });
  });

  it("may be the base of the comparison, and is no answer by itself", () => {
    const { answer } = analyze(staged(held(5, 1), { capacityPerSec: 400 }));
    expect(answer).toMatchObject({ holdsMultiple: null, breaksAt: 5 });
    expect(answer.sentence).toMatch(/^Does not hold 5x peak .* 1x had not recovered after 5x\.$/);
  });

  it("is its own failure where there was a pause between them, or a hold that held", () => {
    const steps = spike.run.steps.map((step) => {
      const { follows: _, ...paused } = step;
      return step.index === 2 ? paused : step;
    });
    expect(viewOf({ ...spike, run: { ...spike.run, steps } }).failing?.step.step.index).toBe(2);
    const relapsed = lostTo(lostTo(staged(held(5, 1, 3, 2)), 0, "timeout:reading"), 3, "timeout:reading");
    expect(analyze(relapsed).answer).toMatchObject({ holdsMultiple: 1, breaksAt: 2 });
  });
});

describe("a ramp", () => {
  const ramped = staged([
    { multiple: 1, rampSec: 3, holdSec: 6 },
    { multiple: 3, rampSec: 3, holdSec: 6 },
  ]);

  it("is never judged, whatever happened in it", () => {
    const wrecked = lostTo(lostTo(ramped, 0, "connect:EMFILE"), 2, "timeout:reading");
    expect(ramped.run.steps.map(({ role }) => role)).toEqual(["ramp", "step", "ramp", "step"]);
    expect(viewOf(wrecked).steps.map(({ step }) => step.index)).toEqual([1, 3]);
    expect(gradeValidity(wrecked)).toEqual({ grade: "valid", reasons: [], cleanUpTo: 3 });
    expect(analyze(wrecked).answer).toMatchObject({ holdsMultiple: 3, breaksAt: null });
  });

  it("alone gives no answer", () => {
    expect(gradeValidity(staged([{ multiple: 3, rampSec: 3, holdSec: 0 }])).grade).toBe("invalid");
  });
});
