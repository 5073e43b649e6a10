import fc from "fast-check";
import { expect, it } from "vitest";
import { Heap } from "./heap.ts";

it("gives items back in the order of their keys, whatever comes and goes in between", () => {
  const moves = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant("shift" as const)), { maxLength: 200 });
  fc.assert(
    fc.property(moves, (sequence) => {
      const heap = new Heap<{ key: number }>();
      let model: number[] = [];
      for (const move of sequence) {
        const shifted = move === "shift" ? heap.shift()?.key : heap.add(move, { key: move });
        expect(shifted).toBe(move === "shift" ? model[0] : undefined);
        model = move === "shift" ? model.slice(1) : [...model, move].toSorted((a, b) => a - b);
        expect([heap.firstKey, heap.first?.key]).toEqual([model[0] ?? Number.POSITIVE_INFINITY, model[0]]);
      }
    }),
  );
});
