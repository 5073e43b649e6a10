import fc from "fast-check";
import { expect, it } from "vitest";
import { Exchange } from "./exchange.ts";
import { WaitingLine } from "./waiting-line.ts";

const exchanges = fc.array(fc.record({ fresh: fc.boolean(), deadlineUs: fc.integer({ min: 1, max: 20 }) }));

/** A line with these in it. */
function lineOf(given: readonly Partial<Exchange>[]): { line: WaitingLine<Exchange>; all: Exchange[] } {
  const line = new WaitingLine<Exchange>();
  const all = given.map((fields) => Object.assign(new Exchange(), fields));
  for (const exchange of all) line.add(exchange);
  return { line, all };
}

function takeAll(take: () => Exchange | null): Exchange[] {
  const taken: Exchange[] = [];
  for (let next = take(); next !== null; next = take()) taken.push(next);
  return taken;
}

const deadlinesOf = (taken: readonly Exchange[]): number[] => taken.map(({ deadlineUs }) => deadlineUs);
const inOrder = (deadlines: readonly number[]): number[] => deadlines.toSorted((a, b) => a - b);

it("gives everything in the order of deadlines to new connections", () => {
  fc.assert(
    fc.property(exchanges, (given) => {
      const { line, all } = lineOf(given);
      expect(line).toMatchObject({ length: all.length, lastDeadlineUs: Math.max(0, ...deadlinesOf(all)) });
      expect(deadlinesOf(takeAll(() => line.shift()))).toEqual(inOrder(deadlinesOf(all)));
    }),
  );
});

it("gives only what may be sent there to connections used before", () => {
  fc.assert(
    fc.property(exchanges, (given) => {
      const { line, all } = lineOf(given);
      expect(takeAll(() => line.shiftUsed()).some(({ fresh }) => fresh)).toBe(false);
      const fresh = all.filter((exchange) => exchange.fresh);
      expect(line).toMatchObject({ length: fresh.length, fresh: fresh.length, isFreshNext: fresh.length > 0 });
    }),
  );
});

it("gives what is overdue, and nothing else", () => {
  fc.assert(
    fc.property(exchanges, fc.integer({ min: 0, max: 20 }), (given, nowUs) => {
      const { line, all } = lineOf(given);
      const overdue = deadlinesOf(takeAll(() => line.shiftOverdue(nowUs)));
      expect(overdue).toEqual(inOrder(deadlinesOf(all)).filter((deadlineUs) => deadlineUs <= nowUs));
    }),
  );
});
