/** The course of one cleanup over all stores: look, guard, sweep, wait, look again, and once more if something landed in between. */
import type { CleanupPlan, StoreState } from "../src/model/cleanup.ts";
import { countOf } from "../src/model/units.ts";
import type { OpenStore } from "./open.ts";
import { sweepAttempts, withRetries } from "./retry.ts";
import { totalRows } from "./store.ts";
import { sweep, troubleOf, type SweepOptions, type SweepProgress } from "./sweep.ts";

/** Sweeps in one cleanup: rows that land later than this many settle times are reported, not chased. */
export const mostRounds = 3;

/** What was seen and done in one store. */
export interface StoreCourse extends OpenStore {
  /** Before the first delete; null where the store could not be asked. */
  before: StoreState | null;
  /** Rows of the run at the last look that a sweep may remove. */
  rows: number;
  /** After the last settle time; null where it was not reached or the store could not be asked. */
  after: StoreState | null;
  deleted: number;
  batches: number;
  readonly problems: string[];
}

export interface CourseOptions extends Omit<SweepOptions, "rows"> {
  readonly dryRun: boolean;
  /** Called with how things stand when all stores have been looked at, before the first delete in any, and after each sweep over them. */
  readonly onState?: ((courses: readonly StoreCourse[]) => Promise<void>) | undefined;
  /** Awaited once all that was found is removed, before what arrives late is waited for; after each sweep. */
  readonly together?: (() => Promise<void>) | undefined;
}

/**
 * Carries a plan out, or only looks. Trouble with a store, and an aborted signal, become that store's problem. All stores are looked at
 * and guarded, so that all that is wrong is told at once, and where anything is, nothing is deleted in any. What comes after a store
 * that fails later is left alone, since the order is the author's.
 */
export async function carryOut(stores: readonly OpenStore[], plan: CleanupPlan, options: CourseOptions): Promise<StoreCourse[]> {
  const courses = stores.map((store): StoreCourse => {
    return { ...store, before: null, rows: 0, after: null, deleted: 0, batches: 0, problems: [] };
  });
  let sound = true;
  for (const course of courses) sound = (await inTurn([course], options, () => seeAndGuard(course, options))) && sound;
  if (options.dryRun) return courses;
  if (sound && (await awaitFirstRow(courses, plan, options))) {
    await options.onState?.(courses);
    await sweepUntilSettled(courses, plan, options);
  }
  tellUnfinished(courses);
  return courses;
}

/**
 * What was accepted (202) and is nowhere may be on its way: it is given one settle time to arrive before the run is closed to it, since
 * then it would never be seen, and an absence of rows proves nothing where none was ever seen. False where the second look failed.
 */
async function awaitFirstRow(courses: readonly StoreCourse[], plan: CleanupPlan, options: CourseOptions): Promise<boolean> {
  const isClosed = courses.some(({ before }) => before?.tombstoned === true);
  if (plan.created === 0 || isClosed || courses.some(({ before }) => totalRows(before?.rows ?? {}) > 0)) return true;
  return (
    (await settle(courses, plan, options)) &&
    (await inTurn(courses, options, async (course) => void (course.before = await lookAt(course, options))))
  );
}

async function seeAndGuard(course: StoreCourse, options: CourseOptions): Promise<void> {
  course.before = await lookAt(course, options);
  await retried(options, () => course.store.guard());
}

/** Where cleanup came to a halt at one store, the others say so: what is left in them is not known either. */
function tellUnfinished(courses: readonly StoreCourse[]): void {
  const halt = courses.find(({ after, problems }) => after === null && problems.length > 0);
  for (const { after, problems } of courses) {
    if (halt !== undefined && after === null && problems.length === 0)
      problems.push(`cleanup came to a halt at ${halt.plan.name}, before it was done here`);
  }
}

/** An accepted write (202) may land after the sweep has passed: hence the wait, the second look, and another round. */
async function sweepUntilSettled(courses: readonly StoreCourse[], plan: CleanupPlan, options: CourseOptions): Promise<void> {
  const stuck = new Set<StoreCourse>();
  for (let round = 1; round <= mostRounds; round++) {
    for (const course of courses) course.after = null;
    const answered = await inTurn(courses, options, async (course) => {
      const { problem, answered } = await sweepOnce(course, options);
      if (problem !== null) course.problems.push(problem);
      if (problem !== null) stuck.add(course);
      if (!answered) throw stopped;
    });
    if (!answered) return;
    await options.onState?.(courses);
    await options.together?.();
    report("settle", null, options);
    if (
      !(await settle(courses, plan, options)) ||
      !(await inTurn(courses, options, async (course) => void (course.after = await lookAt(course, options))))
    )
      return;
    const left = courses.filter(({ rows }) => rows > 0);
    if (left.length === 0 || left.some((course) => stuck.has(course))) return;
    if (round < mostRounds) continue;
    for (const { problems } of left) {
      problems.push(
        `rows kept landing after ${countOf(mostRounds, "sweep")}: run peakproof cleanup again when the target is quiet`,
      );
    }
  }
}

/** Waits; false where we were told to stop meanwhile. */
function settle(courses: readonly StoreCourse[], { settleUs }: CleanupPlan, options: CourseOptions): Promise<boolean> {
  return inTurn(courses.slice(0, 1), options, () => options.clock.sleep(settleUs, options.signal));
}

/** Thrown where the trouble is told already. */
const stopped = Symbol("told");

/** Does something to one store after the other; false where one of them failed, which is then a problem of it. */
async function inTurn(
  courses: readonly StoreCourse[],
  { signal }: CourseOptions,
  work: (course: StoreCourse) => Promise<void>,
): Promise<boolean> {
  for (const course of courses) {
    try {
      await work(course);
    } catch (thrown) {
      if (thrown !== stopped) course.problems.push(troubleOf(thrown, signal));
      return false;
    }
  }
  return true;
}

async function sweepOnce(course: StoreCourse, options: CourseOptions) {
  const { deleted, batches, plan, store } = course;
  const onProgress = (step: SweepProgress): void =>
    options.onProgress?.({ ...step, deleted: deleted + step.deleted, batches: batches + step.batches });
  const swept = await sweep(store, plan, { clock: options.clock, rows: course.rows, signal: options.signal, onProgress });
  course.deleted += swept.deleted;
  course.batches += swept.batches;
  return swept;
}

async function lookAt(course: StoreCourse, options: CourseOptions): Promise<StoreState> {
  report("look", course, options);
  const state = await retried(options, () => course.store.look());
  course.rows = totalRows(state.rows) - (state.unresolved?.count ?? 0);
  return state;
}

function retried<Result>({ clock, signal }: CourseOptions, call: () => Promise<Result>): Promise<Result> {
  return withRetries(call, { attempts: sweepAttempts, clock, signal });
}

function report(phase: "look" | "settle", course: StoreCourse | null, { onProgress }: CourseOptions): void {
  onProgress?.({
    phase,
    store: course?.plan.name ?? null,
    deleted: course?.deleted ?? 0,
    batches: course?.batches ?? 0,
    remaining: null,
  });
}
