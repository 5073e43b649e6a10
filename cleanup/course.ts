/** The course of one cleanup: look, sweep, wait, look again, and once more if something landed in between. */
import type { CleanupPlan, SyntheticState } from "../src/model/cleanup.ts";
import { countOf } from "../src/model/units.ts";
import { sweepAttempts, withRetries } from "./retry.ts";
import { totalRows, type Store } from "./store.ts";
import { sweep, troubleOf, type SweepOptions, type SweepProgress } from "./sweep.ts";

/** Sweeps in one cleanup: rows that land later than this many settle times are reported, not chased. */
export const mostRounds = 3;

/** What was seen and done. */
export interface Course {
  /** Before the first delete; null where the store could not be asked. */
  before: SyntheticState | null;
  /** After the last settle time; null where it was not reached or the store could not be asked. */
  after: SyntheticState | null;
  deleted: number;
  batches: number;
  readonly problems: string[];
}

export interface CourseOptions extends SweepOptions {
  readonly dryRun: boolean;
}

/** Carries a plan out, or only looks. Trouble with the store and an aborted signal end it early and become problems. */
export async function carryOut(store: Store, plan: CleanupPlan, options: CourseOptions): Promise<Course> {
  const course: Course = { before: null, after: null, deleted: 0, batches: 0, problems: [] };
  try {
    course.before = await lookAt(store, options, course);
    if (!options.dryRun) await sweepUntilSettled(store, plan, options, course);
  } catch (thrown) {
    course.problems.push(troubleOf(thrown, options.signal));
  }
  return course;
}

/** An accepted write (202) may land after the sweep has passed: hence the wait, the second look, and another round. */
async function sweepUntilSettled(store: Store, plan: CleanupPlan, options: CourseOptions, course: Course): Promise<void> {
  for (let round = 1; round <= mostRounds; round++) {
    course.after = null;
    const { problem, answered } = await sweepOnce(store, plan, options, course);
    if (problem !== null) course.problems.push(problem);
    if (!answered) return;
    report("settle", options, course);
    await options.clock.sleep(plan.settleUs, options.signal);
    course.after = await lookAt(store, options, course);
    if (totalRows(course.after.rows) === 0 || problem !== null) return;
  }
  course.problems.push(
    `rows kept landing after ${countOf(mostRounds, "sweep")}: run peakproof cleanup again when the target is quiet`,
  );
}

async function sweepOnce(store: Store, plan: CleanupPlan, options: CourseOptions, course: Course) {
  const { deleted, batches } = course;
  const onProgress = (step: SweepProgress): void =>
    options.onProgress?.({ ...step, deleted: deleted + step.deleted, batches: batches + step.batches });
  const swept = await sweep(store, plan, { clock: options.clock, signal: options.signal, onProgress });
  course.deleted += swept.deleted;
  course.batches += swept.batches;
  return swept;
}

function lookAt(store: Store, options: CourseOptions, course: Course): Promise<SyntheticState> {
  report("look", options, course);
  return withRetries(() => store.look(), { attempts: sweepAttempts, clock: options.clock, signal: options.signal });
}

function report(phase: "look" | "settle", { onProgress }: CourseOptions, { deleted, batches }: Course): void {
  onProgress?.({ phase, deleted, batches, remaining: null });
}
