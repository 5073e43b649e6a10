import fc from "fast-check";
import { expect, it } from "vitest";
import { DeadlineQueue, type Waiter } from "./deadline-queue.ts";

class Member implements Waiter {
  before: this | null = null;
  after: this | null = null;
  readonly deadlineUs: number;

  constructor(deadlineUs: number) {
    this.deadlineUs = deadlineUs;
  }
}

/** `join` with a deadline, or `leave` from a place, or `shift`. */
const step = fc.oneof(
  fc.record({ what: fc.constant("join" as const), value: fc.nat({ max: 9 }) }),
  fc.record({ what: fc.constantFrom("leave" as const, "shift" as const), value: fc.nat() }),
);

function membersOf(queue: DeadlineQueue<Member>): Member[] {
  const members: Member[] = [];
  for (let at = queue.first; at !== null; at = at.after) members.push(at);
  return members;
}

it("behaves like a list that is sorted, stably, after each step", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new DeadlineQueue<Member>();
      const taken: [Member | null, Member | null][] = [];
      let model: Member[] = [];
      for (const { what, value } of steps) {
        const member = what === "join" ? new Member(value) : model[what === "shift" ? 0 : value % Math.max(1, model.length)];
        if (what === "shift") taken.push([queue.shift(), member ?? null]);
        else if (what === "join" && member !== undefined) queue.add(member);
        else if (member !== undefined) queue.remove(member);
        const others = model.filter((other) => other !== member);
        model =
          what === "join" && member !== undefined ? [...others, member].toSorted((a, b) => a.deadlineUs - b.deadlineUs) : others;
        expect(membersOf(queue)).toEqual(model);
        expect([queue.length, queue.first, queue.last]).toEqual([model.length, model[0] ?? null, model.at(-1) ?? null]);
      }
      expect(taken.every(([ours, models]) => ours === models)).toBe(true);
    }),
  );
});

it("gives out what is overdue, the deadline itself included, and nothing else", () => {
  const queue = new DeadlineQueue<Member>();
  for (const deadlineUs of [3, 1, 2]) queue.add(new Member(deadlineUs));
  expect(queue.shiftOverdue(0)).toBeNull();
  expect([queue.shiftOverdue(2)?.deadlineUs, queue.shiftOverdue(2)?.deadlineUs, queue.shiftOverdue(2)]).toEqual([1, 2, null]);
});
