import { expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { withTally } from "../../test/record-loss.ts";
import type { RunRecord } from "../model/record.ts";
import { type LittlesLaw, littlesLaws } from "./littles-law.ts";

const record = recordOf({ holdSec: 4 });
const lawsOf = ({ run }: RunRecord): LittlesLaw[] => littlesLaws(run.steps);

it("holds for each step where both accounts agree, whenever the lanes came back after it", () => {
  const laws = lawsOf(record);
  expect(laws.map(({ steps }) => steps.length)).toEqual([1, 1, 1, 1, 1]);
  for (const { steps, deviation, inFlightUs, residenceUs, timeUs } of laws) {
    expect(deviation).toBe(0);
    expect(inFlightUs).toBe(residenceUs);
    expect(timeUs).toBeCloseTo(inFlightUs / (steps[0]?.tally?.dispatched ?? 0), 9);
  }
  const lanesLate = record.run.steps.map((step) => Object.assign({}, step, { drainedUs: (step.drainedUs ?? 0) + 15e6 }));
  for (const [at, law] of littlesLaws(lanesLate).entries()) expect(law).toEqual({ ...laws[at], steps: law.steps });
});

it("says by how much they differ, whichever is the larger", () => {
  const differing = (inFlightUs: number): RunRecord => withTally(record, 1, { occupancy: { inFlightUs, residenceUs: 1e6 } });
  expect(lawsOf(differing(0.9e6))[0]?.deviation).toBeCloseTo(0.1, 9);
  expect(lawsOf(differing(1.25e6))[0]?.deviation).toBeCloseTo(0.2, 9);
});

it("takes steps that follow one another without a pause together, from the record of the last", () => {
  const stages = [1, 3].map((multiple) => ({ multiple, rampSec: 1, holdSec: 3 }));
  const staged = recordOf({ stages, warmupSec: 1 });
  const [law, ...others] = lawsOf(staged);
  const measured = staged.run.steps.slice(1);
  expect(others).toEqual([]);
  expect(law?.steps).toEqual(measured);
  expect(law?.timeUs).toBeCloseTo(
    (measured.at(-1)?.tally?.occupancy?.residenceUs ?? 0) /
      measured.reduce((sum, { tally }) => sum + (tally?.dispatched ?? 0), 0),
    6,
  );
});

it("says nothing where a step was not counted both ways, or had nothing to count", () => {
  const steps = record.run.steps.map((step): RunRecord["run"]["steps"][number] => {
    if (step.tally === null || step.index > 2) return Object.assign({}, step, { tally: null });
    const { occupancy, ...tally } = step.tally;
    return Object.assign({}, step, { tally: step.index === 1 ? tally : { ...tally, occupancy, dispatched: 0 } });
  });
  expect(littlesLaws(steps)).toEqual([]);
});
