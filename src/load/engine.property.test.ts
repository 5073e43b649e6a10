import fc from "fast-check";
import { expect, it } from "vitest";
import { mix, unit } from "../model/random.ts";
import type { StepPlan } from "../model/plan.ts";
import type { RetryPolicy } from "../model/scenario.ts";
import { walkSchedule } from "../pace/schedule.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";
import { type Answer, World } from "./simulated-world.fixture.ts";

const deadlineUs = 150_000;

const policy: fc.Arbitrary<RetryPolicy | undefined> = fc.option(
  fc.record(
    {
      attempts: fc.integer({ min: 1, max: 4 }),
      on: fc.constantFrom(["status:500"], ["timeout", "sent"], ["status", "journey", "timeout"]),
      backoff: fc.constantFrom<NonNullable<RetryPolicy["backoff"]>[]>("none", "fixed", "exponential"),
      base: fc.constantFrom("1ms", "40ms"),
      jitter: fc.constantFrom(0, 0.5, 1),
      attemptDeadline: fc.constantFrom("10ms", "60ms"),
      budget: fc.constantFrom(0.1, 1),
    },
    { requiredKeys: ["attempts"] },
  ),
  { nil: undefined },
);

const stepPlan = fc.record({
  ratePerSec: fc.integer({ min: 20, max: 300 }),
  holdUs: fc.integer({ min: 50_000, max: 400_000 }),
  follows: fc.boolean(),
});

const scene = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  pace: fc.constantFrom("poisson", "uniform", "burst"),
  steps: fc.array(stepPlan, { minLength: 1, maxLength: 4 }),
  retries: fc.tuple(policy, policy),
  think: fc.constantFrom<string | readonly [string, string]>("0ms", "30ms", ["1ms", "90ms"]),
  /** Share of replies that never come, that are errors, and that lack what the journey needs. */
  dying: fc.constantFrom(0, 0.1, 1),
  failing: fc.constantFrom(0, 0.3, 1),
  lacking: fc.constantFrom(0, 0.3),
  slowestUs: fc.constantFrom(500, 30_000, 300_000),
  /** Beyond the deadline for some writes. */
  syncUs: fc.constantFrom(0, 4_000, 2_000_000),
});
type Scene = typeof scene extends fc.Arbitrary<infer Value> ? Value : never;

function planned({ steps }: Scene): StepPlan[] {
  return steps.map(({ follows, ...step }, index) => {
    return { index, role: "step", multiple: 1, ...step, ...(follows && index > 0 ? { follows: true as const } : {}) };
  });
}

function worldOf(given: Scene): { world: World; unmade: Set<number> } {
  const { seed, retries, think, dying, failing, lacking, slowestUs, syncUs } = given;
  const unmade = new Set<number>();
  const draw = (index: number, attempt: number, what: number): number => unit(mix(seed, what, attempt), what, index);
  const serve = ({ index, attempt }: { index: number; attempt: number }): Answer => {
    if (draw(index, attempt, 1_001) < dying) return { afterUs: null };
    const afterUs = draw(index, attempt, 1_002) * slowestUs;
    if (draw(index, attempt, 1_003) < failing)
      return draw(index, attempt, 1_004) < 0.5 ? { afterUs, status: 500 } : { afterUs, error: "sent:EOF" };
    return {
      afterUs,
      head: "HTTP/1.1 200 OK\r\n\r\n",
      body: draw(index, attempt, 1_005) < lacking ? "{" : `{"id":${index % 7}}`,
    };
  };
  const world = new World({
    plan: { steps: planned(given), seed, pace: given.pace, connections: { deadlineUs } as never },
    operations: {
      get: { weight: 2, ...(retries[0] === undefined ? {} : { retry: retries[0] }) },
      put: { weight: 1, kind: "write", ...(retries[1] === undefined ? {} : { retry: retries[1] }) },
    },
    journeys: {
      visit: {
        weight: 2,
        cookies: false,
        steps: [
          { operation: "get", carry: (reply) => ({ id: reply.json.id }) },
          { operation: "get", when: () => false },
          { operation: "put", think, when: ({ id }) => id !== 1, carry: (_, { id }) => ({ next: id }) },
          { operation: "get", think, when: ({ next }) => next !== 2 },
        ],
      },
    },
    serve,
    syncUs: (ticket) => draw(ticket, 1, 1_006) * syncUs,
    make: (index, session) => {
      if (session?.carried["id"] !== 3) return;
      unmade.add(index);
      throw new TypeError("not with a three");
    },
  });
  return { world, unmade };
}

/** Holds every chain of steps as the coordinator does: together, and the next one when all is over. */
function run(world: World): void {
  const { steps } = world.plan;
  let startUs = 0;
  for (const step of steps) {
    if (step.follows !== true) {
      world.runUntil(() => world.done.length === step.index);
      startUs = world.nowUs + 300_000;
    }
    world.engine.begin(step, startUs);
    startUs += step.holdUs;
  }
  world.runUntil(() => world.done.length === steps.length);
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
const keyOf = ({ n, a }: { readonly n: number; readonly a: number }): string => `${n} ${a}`;

/** What was due was taken up or not, and all that was due has ended in one of three ways (RFC 9971: what is not offered is loss). */
function expectEveryRequestCounted(world: World, unmade: number): void {
  const tallies = world.done.flatMap(({ step }) => step.meter.tallies);
  for (const { due, dispatched, sent, ok, rejected, failed, errors } of tallies) {
    expect(ok + rejected + failed).toBe(due);
    expect(sum(Object.values(errors))).toBe(rejected + failed);
    expect(sent).toBeLessThanOrEqual(dispatched);
  }
  const ended = new Set(world.ended.map(({ index, attempt }) => keyOf({ n: index, a: attempt })));
  const neverSent = world.outcomes.filter((line) => !ended.has(keyOf(line)));
  const first = world.sent.filter(({ attempt }) => attempt === 1).length;
  const further = world.sent.length - first;
  const due = sum(tallies.map((tally) => tally.due));
  const unmadeOrUnsent = world.failed.filter(({ before }) => before === null);
  expect(neverSent.every(({ r }) => r === "unsent")).toBe(true);
  expect(sum(tallies.map(({ dispatched }) => dispatched))).toBe(first);
  expect(sum(tallies.map(({ sent }) => sent))).toBe(first);
  expect(world.failed.filter(({ errorKey }) => errorKey !== "unsent")).toHaveLength(unmade);
  expect(due).toBe(first + unmadeOrUnsent.length);
  expect(world.engine.takeDue(1_000_000)).toBe(due);
  expect(sum(tallies.flatMap(({ retried = {} }) => Object.values(retried)))).toBe(
    further + world.failed.length - unmadeOrUnsent.length,
  );
  expect(world.seconds.counts).toMatchObject({ dispatched: first, retries: further });
}

function expectEveryAttemptJournaled(world: World): void {
  const intended = world.intents.map(keyOf);
  expect(new Set(intended).size).toBe(intended.length);
  expect(world.outcomes.map(keyOf).toSorted()).toEqual(intended.toSorted());
  const syncedUs = new Map(world.intents.map((intent) => [keyOf(intent), intent.syncedUs]));
  const writes = world.sent.filter(({ operation }) => operation === 1);
  const early = writes.filter(({ index, attempt, dispatchedUs }) => {
    return !((syncedUs.get(keyOf({ n: index, a: attempt })) ?? Number.POSITIVE_INFINITY) <= dispatchedUs);
  });
  expect(early).toEqual([]);
}

/** Little's law holds over every chain of steps that follow one another, which have one occupancy together. */
function expectEveryMicrosecondCounted(world: World): void {
  const isLast = world.done.map(({ step }) => world.plan.steps[step.plan.index + 1]?.follows !== true);
  expect(world.done.map(({ occupancy }) => occupancy !== null)).toEqual(isLast);
  for (const { inFlightUs, residenceUs } of world.done.flatMap(({ occupancy }) => occupancy ?? []))
    expect(Math.abs(inFlightUs - residenceUs)).toBeLessThan(1);
}

it("accounts for every request, attempt, journey and microsecond, whatever the target and the disk do", () => {
  fc.assert(
    fc.property(scene, (given) => {
      const { world, unmade } = worldOf(given);
      run(world);
      expectEveryRequestCounted(world, unmade.size);
      expectEveryAttemptJournaled(world);
      expectEveryMicrosecondCounted(world);
      for (const { started, completed, broken, cut } of world.done.flatMap(({ step }) => step.meter.journeys))
        expect(completed + broken + cut).toBe(started);
      const again = world.sent.filter(({ attempt }) => attempt > 1).map(({ dispatchedUs, dueUs }) => dispatchedUs - dueUs);
      expect(Math.max(0, ...again)).toBeLessThan(deadlineUs + 1_000);
      const hash = new ScheduleHash();
      for (const { step } of world.done) hash.merge(step.hash.parts);
      expect(hash.digest()).toBe(walkSchedule(world.plan).hash);
    }),
    { numRuns: 150 },
  );
});
