import { describe, expect, it } from "vitest";
import { walkSchedule } from "../pace/schedule.ts";
import { stepPlan, World } from "./simulated-world.fixture.ts";

describe("a journey", () => {
  const open = { weight: 0 };

  it("goes on when its user has thought after the last reply, under a number of its own, with what was carried", () => {
    const seen: unknown[] = [];
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 10 })] },
      operations: { login: open, read: open, write: { ...open, kind: "write" } },
      journeys: {
        visit: {
          weight: 1,
          cookies: false,
          steps: [
            { operation: "login", carry: (reply) => ({ token: reply.json.token }) },
            { operation: "read", think: ["10ms", "30ms"], when: () => false },
            { operation: "read", think: ["10ms", "30ms"], carry: (_, { token }) => ({ both: `${token}!` }) },
            { operation: "write", think: "5ms", when: ({ both }) => both === "t!" },
          ],
        },
      },
      serve: () => ({ afterUs: 2_000, head: "HTTP/1.1 200 OK\r\n\r\n", body: '{"token":"t"}' }),
      make: (_, session) => seen.push(session?.carried),
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    const { meter } = world.done[0]!.step;
    expect(meter.journeys).toEqual([{ started: 10, completed: 10, broken: 0, cut: 0 }]);
    expect(meter.tallies.map(({ due, ok }) => [due, ok])).toEqual(Array.from({ length: 3 }, () => [10, 10]));
    const [login, read, write] = world.ended.filter((flight) => flight.index % 2 ** 32 === 0);
    expect([login, read, write].map((flight) => flight!.index)).toEqual([0, 2 * 2 ** 32, 3 * 2 ** 32]);
    const thoughtUs = read!.dueUs - login!.doneUs;
    expect(thoughtUs).toBeGreaterThanOrEqual(10_000);
    expect(thoughtUs).toBeLessThan(30_000);
    expect(write!.dueUs - read!.doneUs).toBe(5_000);
    expect(new Set(world.sent.map(({ index, user }) => `${index % 2 ** 32} ${user}`)).size).toBe(10);
    expect(seen).toContainEqual({ token: "t", both: "t!" });
    expect(world.intents.map(({ n }) => n)).toEqual(world.sent.filter((one) => one.operation === 2).map(({ index }) => index));
    expect(world.engine.takeDue(1_000)).toBe(30);
  });

  const broken = (
    carry: () => Record<string, unknown>,
    make: (index: number) => void = () => undefined,
    when: () => boolean = () => true,
  ): World => {
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 10 })] },
      operations: { first: open, second: open },
      journeys: {
        visit: {
          weight: 1,
          cookies: false,
          steps: [
            { operation: "first", carry },
            { operation: "second", when },
          ],
        },
      },
      make,
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    return world;
  };

  it("is broken by a reply that lacks what it carries on, which has then failed", () => {
    const { meter } = broken(() => {
      throw new TypeError("no token");
    }).done[0]!.step;
    expect(meter.journeys).toEqual([{ started: 10, completed: 0, broken: 10, cut: 0 }]);
    expect(meter.tallies).toMatchObject([{ ok: 0, failed: 10, done: 10, errors: { "journey:visit": 10 } }, { due: 0 }]);
  });

  it("is broken where its next request cannot be made of what a reply left, and the run goes on", () => {
    const make = (index: number): void => {
      if (index >= 2 ** 32) throw new TypeError("the id is undefined");
    };
    const { meter } = broken(() => ({ id: undefined }), make).done[0]!.step;
    expect(meter.journeys).toEqual([{ started: 10, completed: 0, broken: 10, cut: 0 }]);
    expect(meter.tallies).toMatchObject([{ ok: 10 }, { due: 10, dispatched: 0, failed: 10, errors: { "journey:visit": 10 } }]);
  });

  it("says once what each of its functions threw", () => {
    const lacking = (): never => {
      throw new TypeError("no token=abcdefgh");
    };
    expect(broken(lacking).troubles).toEqual([{ journey: "visit", what: "carry", text: "no token=[redacted]" }]);
    const make = (index: number): void => {
      if (index >= 2 ** 32) throw new TypeError("the id is undefined");
    };
    expect(broken(() => ({}), make).troubles).toEqual([{ journey: "visit", what: "request", text: "the id is undefined" }]);
    expect(broken(() => ({}), undefined, lacking).troubles).toMatchObject([{ what: "when" }]);
  });

  it("is cut where its next request would be due when the step has ended", () => {
    const steps = [{ operation: "first" }, { operation: "first", think: "400ms" }];
    const world = new World({
      plan: { steps: [stepPlan(0)] },
      operations: { first: open },
      journeys: { long: { weight: 1, cookies: false, steps } },
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    const { meter, hash } = world.done[0]!.step;
    const [long] = meter.journeys;
    expect(long!.cut).toBeGreaterThan(0);
    expect(long).toMatchObject({ started: long!.completed + long!.cut, broken: 0 });
    expect(meter.tallies[0]!.due).toBe(long!.started + long!.completed);
    expect(hash.digest()).toBe(walkSchedule(world.plan).hash);
  });
});

describe("a journey over several steps that follow one another", () => {
  const longer = (follows: boolean): World => {
    const steps = [{ operation: "first" }, { operation: "first", think: "400ms" }, { operation: "last", think: "1400ms" }];
    const chained = follows ? { follows: true as const } : {};
    const slower = { ratePerSec: 10, ...chained };
    const world = new World({
      plan: { steps: [stepPlan(0), stepPlan(1, slower), stepPlan(2, { ...slower, holdUs: 2_000_000 })] },
      operations: { first: { weight: 0 }, last: { weight: 0 } },
      journeys: { long: { weight: 1, cookies: false, steps } },
    });
    if (follows) world.beginAll(world.nowUs + 300_000);
    for (const step of follows ? [] : world.plan.steps) {
      world.engine.begin(step, world.nowUs + 300_000);
      world.runUntil(() => world.done.length > step.index);
    }
    world.runUntil(() => world.done.length === 3);
    return world;
  };

  it("goes on in the step in whose time its next request is due, and is cut where the last one has ended", () => {
    const world = longer(true);
    const steps = world.done.map(({ step }) => step);
    for (const { index, dueUs, step } of world.sent) {
      const { startUs, endUs } = steps[step]!;
      expect(dueUs >= startUs && dueUs < endUs, `request ${index} of step ${step}`).toBe(true);
    }
    const [first, second, third] = steps.map(({ meter }) => meter.tallies.map(({ due, ok }) => [due, ok]));
    // Of 100 that begin in the first second, those of its last 402 ms come to their second request in the next one.
    expect(first).toEqual([
      [160, 160],
      [0, 0],
    ]);
    expect(second).toEqual([
      [56, 56],
      [20, 20],
    ]);
    expect(third![1]![0]).toBeGreaterThan(80);
    expect(world.seconds.counts.dispatched).toBe(world.sent.length);
  });

  it("counts once, in the step in which it ended", () => {
    const tallies = longer(true).done.map(({ step }) => step.meter.journeys[0]!);
    expect(tallies[0]).toEqual({ started: 0, completed: 0, broken: 0, cut: 0 });
    for (const { started, completed, broken, cut } of tallies) expect(completed + broken + cut).toBe(started);
    expect(tallies.reduce((sum, { started }) => sum + started, 0)).toBe(100 + 10 + 20);
    expect(tallies.map(({ cut }) => cut > 0)).toEqual([false, false, true]);
  });

  it("leaves the two accounts of the requests under way in agreement", () => {
    const [, , last] = longer(true).done;
    expect(last!.occupancy!.inFlightUs).toBeCloseTo(last!.occupancy!.residenceUs, 0);
  });

  it("is cut before a pause", () => {
    const tallies = longer(false).done.map(({ step }) => step.meter.journeys[0]!);
    expect(tallies.map(({ started }) => started)).toEqual([100, 10, 20]);
    expect(tallies.map(({ cut }) => cut)).toEqual([100, 10, 18]);
  });
});
