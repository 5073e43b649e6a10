import fc from "fast-check";
import { expect, it } from "vitest";
import { Buckets } from "../src/measure/buckets.ts";
import { samplesNeeded } from "../src/model/distribution.ts";
import { latencyTag } from "../src/model/record.ts";
import { recordOf } from "../test/record-builder.ts";
import { withTally } from "../test/record-loss.ts";
import { stepPercentile } from "./due-percentile.ts";

const plain = recordOf({ multiples: [1], holdSec: 2, warmupSec: 0 });

it("agrees with sorting all that was due, what was not served being infinite", () => {
  const property = fc.property(
    fc.array(fc.integer({ min: 0, max: 1_900 }), { minLength: 1, maxLength: 300 }),
    fc.integer({ min: 0, max: 200 }),
    fc.constantFrom(50, 75, 90),
    (servedUs, lost, percent) => {
      const due = servedUs.length + lost;
      const buckets = new Buckets();
      for (const us of servedUs) buckets.record(us);
      const latency = new Map([[latencyTag(0, "*", "response", "ok"), buckets]]);
      const record = { ...withTally(plain, 0, { due, ok: servedUs.length }), latency };
      const sorted = [...servedUs.toSorted((a, b) => a - b), ...Array.from({ length: lost }, () => Infinity)];
      const value = sorted[Math.ceil((percent / 100) * due - 1e-9) - 1] ?? Infinity;
      const expected = due < samplesNeeded(percent) ? null : value === Infinity ? "infinite" : value;
      const [step] = record.run.steps;
      if (step === undefined) throw new Error("the record has no step");
      expect(stepPercentile(record, step, null, "response", percent)).toBe(expected);
    },
  );
  fc.assert(property);
});
