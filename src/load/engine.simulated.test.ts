import { describe, expect, it } from "vitest";
import { Buckets } from "../measure/buckets.ts";
import type { StepPlan } from "../model/plan.ts";
import { walkSchedule } from "../pace/schedule.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";
import type { RunningStep } from "./running-step.ts";
import { World } from "./simulated-world.fixture.ts";

const step = (index: number, more: Partial<StepPlan> = {}): StepPlan => {
  return { index, role: "step", multiple: 1, ratePerSec: 100, holdUs: 1_000_000, ...more };
};

function clockOf(steps: readonly RunningStep[], clock: string): Buckets {
  const buckets = new Buckets();
  for (const one of steps.flatMap(({ meter }) => meter.metered())) if (one.clock === clock) buckets.mergeWhole(one.buckets.whole);
  return buckets;
}

describe("steps that follow one another", () => {
  it("are walked across the seam without any lag, while the last requests of the one before are still under way", () => {
    const steps = [step(0, { ratePerSec: 500 }), step(1, { ratePerSec: 1_000, follows: true }), step(2, { follows: true })];
    const world = new World({ plan: { steps }, operations: { get: {} }, serve: () => ({ afterUs: 700_000 }) });
    world.beginAll(world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 3);
    const running = world.done.map(({ step }) => step);
    expect(running.map(({ meter }) => meter.tallies[0])).toMatchObject([
      { due: 500, dispatched: 500, ok: 500 },
      { due: 1_000, dispatched: 1_000, ok: 1_000 },
      { due: 100, dispatched: 100, ok: 100 },
    ]);
    expect(clockOf(running, "lag").maxUs).toBeLessThanOrEqual(1_000);
    // Nothing waited for the 700 ms that the last replies of a step take.
    expect(world.done.map(({ atUs, step: { endUs } }) => Math.round((atUs - endUs) / 100_000))).toEqual([7, 7, 7]);
    const hash = new ScheduleHash();
    for (const { hash: part } of running) hash.merge(part.parts);
    expect(hash.digest()).toBe(walkSchedule(world.plan).hash);
  });

  it("journal the next step's first writes before its time has come", () => {
    const steps = [step(0), step(1, { follows: true })];
    const world = new World({ plan: { steps }, operations: { put: { kind: "write" } }, syncUs: () => 200_000 });
    world.beginAll(world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 2);
    expect(clockOf([world.done[1]!.step], "lag").maxUs).toBeLessThanOrEqual(1_000);
  });

  it("have one occupancy together, in which the transport and the requests agree", () => {
    const steps = [step(0), step(1, { follows: true }), step(2)];
    const world = new World({ plan: { steps }, operations: { get: {} }, serve: () => ({ afterUs: 30_000 }) });
    world.engine.begin(steps[0]!, world.nowUs);
    world.engine.begin(steps[1]!, world.nowUs + 1_000_000);
    world.runUntil(() => world.done.length === 2);
    world.engine.begin(steps[2]!, world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 3);
    const [first, second, third] = world.done.map(({ occupancy }) => occupancy);
    expect(first).toBeNull();
    expect(second?.residenceUs).toBeCloseTo(200 * 30_000, 0);
    expect(second?.inFlightUs).toBeCloseTo(200 * 30_000, 0);
    expect(third?.inFlightUs).toBeCloseTo(100 * 30_000, 0);
  });
});

it("takes up with a reply what fell due since the last tick", () => {
  const plan = { steps: [step(0, { ratePerSec: 10_000 })], pace: "uniform" as const };
  const lagWhere = (afterUs: number): number => {
    const world = new World({ plan, operations: { get: {} }, serve: () => ({ afterUs }) });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    return clockOf([world.done[0]!.step], "lag").percentile(50);
  };
  // Replies that come at the ticks are no help; those that come between them are.
  expect(lagWhere(5_000)).toBeGreaterThan(400);
  expect(lagWhere(5_300)).toBeLessThan(300);
});

it("ends the run with the next tick where a request cannot be made for an arrival that a reply let it take up", () => {
  const plan = { steps: [step(0, { ratePerSec: 10_000 })], pace: "uniform" as const };
  const make = (index: number): void => {
    if (index === 55) throw new RangeError("no such row");
  };
  const world = new World({ plan, operations: { get: {} }, serve: () => ({ afterUs: 5_300 }), make });
  world.beginAll(world.nowUs);
  expect(() => world.runUntil(() => world.done.length === 1)).toThrow("no such row");
});

describe("what is still open long after its deadline", () => {
  it("is aborted, once no healthy request of a following step can be hit", () => {
    const steps = [step(0), step(1, { follows: true, holdUs: 4_000_000 })];
    const serve = ({ index }: { index: number }) => ({
      afterUs: 50_000,
      ...(index === 7 ? { afterUs: null, isLost: true as const } : {}),
    });
    const world = new World({ plan: { steps }, operations: { get: {} }, serve });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 2);
    expect(world.done.map(({ step }) => step.meter.tallies[0])).toMatchObject([
      { ok: 99, failed: 1, errors: { aborted: 1 } },
      { ok: 400, failed: 0 },
    ]);
  });

  it("is not what a stalled loop has not looked at yet", () => {
    const world = new World({ plan: { steps: [step(0)] }, operations: { get: {} }, serve: () => ({ afterUs: 100_000 }) });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.sent.length === 100);
    world.nowUs += 3_000_000;
    world.engine.tick(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ ok: 100, failed: 0 });
  });
});

it("lets reads go on time while a write before them waits for the disk, and gives it up unsent at its deadline", () => {
  const world = new World({
    plan: { steps: [step(0)], pace: "poisson" },
    operations: { get: {}, put: { kind: "write" } },
    syncUs: (ticket) => (ticket < 10 ? 0 : 10_000_000),
  });
  world.beginAll(world.nowUs);
  world.runUntil(() => world.done.length === 1);
  const [get, put] = world.done[0]!.step.meter.tallies;
  const lateUs = world.sent.filter((one) => one.operation === 0).map((one) => one.dispatchedUs - one.dueUs);
  expect(Math.max(...lateUs)).toBeLessThanOrEqual(1_000);
  expect(get!.dispatched).toBe(get!.due);
  expect(put).toMatchObject({ dispatched: 9, ok: 9, failed: put!.due - 9, errors: { unsent: put!.due - 9 } });
  expect(world.outcomes.filter((line) => line.r === "unsent")).toHaveLength(put!.due - 9);
});

describe("a journey", () => {
  const open = { weight: 0 };

  it("goes on when its user has thought after the last reply, under a number of its own, with what was carried", () => {
    const seen: unknown[] = [];
    const world = new World({
      plan: { steps: [step(0, { ratePerSec: 10 })] },
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
      plan: { steps: [step(0, { ratePerSec: 10 })] },
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
      plan: { steps: [step(0)] },
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

describe("a retry policy", () => {
  it("has one request tried again, each attempt at a write journaled before it is sent and after the last one's outcome", () => {
    const world = new World({
      plan: { steps: [step(0, { ratePerSec: 10 })] },
      operations: { put: { kind: "write", retry: { attempts: 3, backoff: "fixed", base: "20ms", jitter: 0 } } },
      serve: ({ attempt }) => ({ afterUs: 5_000, status: attempt < 3 ? 503 : 200 }),
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    const { meter } = world.done[0]!.step;
    const once = { due: 10, dispatched: 10, sent: 10, done: 10, ok: 10, rejected: 0, failed: 0, errors: {} };
    expect(meter.tallies[0]).toEqual({ ...once, retried: { "status:503": 20 } });
    const ofFirst = [...world.intents, ...world.outcomes].filter(({ n }) => n === 0).toSorted((a, b) => a.at - b.at);
    expect(ofFirst.map((line) => ("r" in line ? `${line.a} ${line.r}` : `${line.a}`))).toEqual([
      "1",
      "1 unknown",
      "2",
      "2 unknown",
      "3",
      "3 created",
    ]);
    // Three attempts of 5 ms and two waits of 20 ms between them, to the tick.
    expect(Math.abs(clockOf([world.done[0]!.step], "response").percentile(50) - 55_000)).toBeLessThanOrEqual(3_000);
    expect(world.seconds.counts).toMatchObject({ dispatched: 10, retries: 20 });
    expect(world.done[0]!.occupancy?.residenceUs).toBeCloseTo(30 * 5_000, 0);
  });

  it("waits at least as long as Retry-After asks, and gives up where that is beyond the deadline", () => {
    const world = new World({
      plan: { steps: [step(0, { ratePerSec: 2 })], connections: deadlineOf(5_000_000) },
      operations: { get: { retry: { attempts: 9, backoff: "none" } } },
      serve: ({ index, attempt }) => {
        const seconds = index === 0 ? 2 : 9;
        return attempt === 1
          ? { afterUs: 1_000, status: 429, head: `HTTP/1.1 429 No\r\nRetry-After: ${seconds}\r\n\r\n` }
          : { afterUs: 1_000 };
      },
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ ok: 1, rejected: 1, retried: { "status:429": 1 } });
    const [first, second] = world.sent.filter(({ index }) => index === 0);
    expect(second!.dispatchedUs - first!.dispatchedUs).toBeGreaterThanOrEqual(2_000_000);
  });

  it("counts what was sent and answered also where the disk keeps the next attempt from being made", () => {
    const world = new World({
      plan: { steps: [step(0, { ratePerSec: 10 })] },
      operations: { put: { kind: "write", retry: { attempts: 2, backoff: "none" } } },
      serve: () => ({ afterUs: 5_000, status: 503 }),
      syncUs: (ticket) => (ticket <= 10 ? 0 : 10_000_000),
    });
    // All first attempts are journaled in time, and none of the others.
    world.beginAll(world.nowUs + 1_000);
    world.runUntil(() => world.done.length === 1);
    const tally = { due: 10, dispatched: 10, sent: 10, done: 10, ok: 0, rejected: 0, failed: 10 };
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({
      ...tally,
      errors: { unsent: 10 },
      retried: { "status:503": 10 },
    });
    expect(world.seconds.counts).toMatchObject({ sent: 10, done: 10 });
  });

  it("gives each attempt its own deadline, and all of them together the request's", () => {
    const world = new World({
      plan: { steps: [step(0, { ratePerSec: 5 })] },
      operations: { get: { retry: { attempts: 99, backoff: "none", attemptDeadline: "300ms" } } },
      serve: () => ({ afterUs: null }),
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.sent.filter(({ index }) => index === 0)).toHaveLength(4);
    for (const flight of world.ended) expect(flight.doneUs).toBeLessThanOrEqual(flight.dueUs + 1_001_000);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ failed: 5, retried: { "timeout:sent": 15 } });
  });
});

const deadlineOf = (deadlineUs: number) => ({
  ...new World({ plan: { steps: [] }, operations: {} }).plan.connections,
  deadlineUs,
});

it("journals as unsent, when it is stopped, what was journaled ahead and not sent", () => {
  const world = new World({
    plan: { steps: [step(0)] },
    operations: { put: { kind: "write", retry: { attempts: 3, backoff: "fixed", base: "10s", max: "10s" } } },
    serve: () => ({ afterUs: 5_000, status: 500 }),
  });
  world.beginAll(world.nowUs);
  world.runUntil(() => world.sent.length === 50);
  world.engine.stop();
  world.runUntil(() => world.inFlight === 0);
  expect(world.outcomes).toHaveLength(world.intents.length);
  expect(new Set(world.outcomes.map(({ n }) => n)).size).toBe(world.intents.length);
});
