import { describe, expect, it } from "vitest";
import { clockOf, stepPlan, World, type WorldOptions } from "./simulated-world.fixture.ts";

/** A loop that is busy for 20 us with each request that it sends and for 10 us with each reply: no more than some 33,000/s go through it. */
const busy: Pick<WorldOptions, "sendUs" | "readUs" | "serve"> = { sendUs: 20, readUs: 10, serve: () => ({ afterUs: 1_000 }) };
const canPerSec = 1_000_000 / 30;

const asked = (ratePerSec: number, holdUs: number, more: Partial<WorldOptions["plan"]> = {}): World =>
  new World({ plan: { steps: [stepPlan(0, { ratePerSec, holdUs })], ...more }, operations: { get: {} }, ...busy });

describe("a loop that is asked for more than it can send", () => {
  it("reads replies all the same: it completes what it can, and sends the others late and in their order", () => {
    const holdUs = 100_000;
    const world = asked(canPerSec * 2, holdUs);
    const startUs = world.nowUs;
    world.beginAll(startUs);
    world.runUntil(() => world.done.length === 1);
    const answered = world.ended.filter(({ doneUs }) => doneUs <= startUs + holdUs).length;
    expect(answered / ((canPerSec * holdUs) / 1_000_000)).toBeGreaterThan(0.85);
    const dues = world.sent.map(({ dueUs }) => dueUs);
    expect(dues).toEqual(dues.toSorted((a, b) => a - b));
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ due: dues.length, dispatched: dues.length, ok: dues.length });
    // Half of it was sent when all was due: the last one is nearly as late as the hold was long.
    expect(clockOf([world.done[0]!.step], "lag").maxUs / holdUs).toBeGreaterThan(0.8);
  });

  it("is behind only as long as something is due, and has not been where it could send all in a tick", () => {
    const world = asked(canPerSec / 2, 100_000);
    world.beginAll(world.nowUs);
    expect(world.engine.isBehind).toBe(false);
    let ticksBehind = 0;
    world.runUntil(() => {
      ticksBehind += Number(world.engine.isBehind);
      return world.done.length === 1;
    });
    expect([ticksBehind, world.engine.isBehind]).toEqual([0, false]);
  });

  it("does not send what its deadline has overtaken, which has failed unsent", () => {
    const deadlineUs = 20_000;
    const world = asked(canPerSec * 4, 100_000, { connections: { deadlineUs } as never });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    const [tally] = world.done[0]!.step.meter.tallies;
    expect(tally!.errors["unsent"]).toBe(tally!.due - tally!.dispatched);
    expect(tally!.dispatched).toBeLessThan(tally!.due);
    expect(world.failed.every(({ before }) => before === null)).toBe(true);
    const lateUs = world.sent.map(({ dispatchedUs, dueUs }) => dispatchedUs - dueUs);
    // What a turn takes up at most goes by the clock of its beginning.
    expect(Math.max(...lateUs)).toBeLessThan(deadlineUs + 5_000);
  });
});
