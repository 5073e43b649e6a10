import { describe, expect, it } from "vitest";
import { detectionProbability, shareAtLeast, shareAtMost } from "../model/detection.ts";
import { drawLot, sharesOf } from "./shares.ts";

const report = { kind: "write", readBack: () => ({ path: "/" }) } as const;
const rules = { readBack: 3_000, withinUs: 1, replay: 0 };

describe("the shares of an operation", () => {
  it("bring in as many writes as are asked for, and all where there are fewer", () => {
    expect(sharesOf(rules, report, 30_000)).toEqual({ readBack: 0.1, replay: 0 });
    expect(sharesOf(rules, report, 900)).toEqual({ readBack: 1, replay: 0 });
  });

  it("leave what is sent once more out of what is only read back", () => {
    expect(sharesOf({ ...rules, replay: 0.25 }, report, 900)).toEqual({ readBack: 0.75, replay: 0.25 });
    expect(sharesOf({ ...rules, replay: 1 }, report, 1_000_000)).toEqual({ readBack: 0.003, replay: 0.1 });
  });

  it("are none for a read, for a write that does not say how, and for one that is not planned", () => {
    expect(sharesOf(rules, { ...report, kind: "read" }, 900)).toBeNull();
    expect(sharesOf(rules, { kind: "write" }, 900)).toBeNull();
    expect(sharesOf(rules, report, 0)).toBeNull();
  });
});

describe("the lot of a write", () => {
  const lots = Array.from({ length: 100_000 }, (_, index) => drawLot({ readBack: 0.03, replay: 0.01 }, 7, index));

  it("is drawn in the shares, evenly over the run", () => {
    for (const part of [lots.slice(0, 50_000), lots.slice(50_000)]) {
      expect(part.filter((lot) => lot === "read-back").length / part.length).toBeCloseTo(0.03, 2);
      expect(part.filter((lot) => lot === "replay").length / part.length).toBeCloseTo(0.01, 2);
    }
  });

  it("is the same again by seed and number, also for the later requests of a journey, and another with another seed", () => {
    const draw = (seed: number): string[] =>
      Array.from({ length: 200 }, (_, at) => drawLot({ readBack: 0.5, replay: 0 }, seed, at + 3 * 2 ** 32));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});

describe("a sample of writes of which some are faulty", () => {
  it("holds one of them as often as the formula says", () => {
    const [accepted, faulty, runs] = [30_000, 30, 400];
    const shares = { readBack: 0.1, replay: 0 };
    let found = 0;
    for (let seed = 0; seed < runs; seed++) {
      // Faults that a target makes in turn, which have nothing to do with the draw.
      const seen = Array.from({ length: faulty }, (_, at) => at * (accepted / faulty) + (seed % 1_000));
      if (seen.some((index) => drawLot(shares, seed, index) === "read-back")) found += 1;
    }
    const stated = detectionProbability(faulty / accepted, accepted * shares.readBack);
    expect(shareAtLeast(found, runs)).toBeLessThan(stated);
    expect(shareAtMost(found, runs)).toBeGreaterThan(stated);
  });
});
