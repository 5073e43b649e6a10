/** The multiples of a run. Stages may hold one of them more than once. */
import type { JudgedStep, Standing } from "./view.ts";

/** All finished holds of one multiple that say anything of it: not those that had not recovered from a higher one. */
export interface Level {
  readonly multiple: number;
  readonly ratePerSec: number;
  /** In the order of the run; at least one. */
  readonly steps: readonly JudgedStep[];
  /** Held only where every hold was; broke where any did, since then the generator was clean and the target was not up to it. */
  readonly standing: Standing;
}

/** The weakest standing of several holds is that of their multiple. */
const weakestFirst: readonly Standing[] = ["broke", "void", "unmeasured", "held"];

/** Steps that are sorted by multiple, as levels. */
export function levelsOf(steps: readonly JudgedStep[]): Level[] {
  const telling = steps.filter(({ standing }) => standing !== "unrecovered");
  return [...Map.groupBy(telling, ({ step }) => step.multiple)].map(([multiple, holds]) => ({
    multiple,
    ratePerSec: holds[0]?.step.ratePerSec ?? 0,
    steps: holds,
    standing: weakestFirst.find((standing) => holds.some((hold) => hold.standing === standing)) ?? "unmeasured",
  }));
}
