/**
 * The proof: what three looks at the target allow us to claim. Before the run's first write (the baseline), before the first
 * delete, and after the settle time. What was not seen is never claimed.
 */
import type { CleanupPlan, SyntheticState, UntaggedState } from "../src/model/cleanup.ts";
import { countOf } from "../src/model/units.ts";
import { describeRows } from "./describe.ts";
import { totalRows } from "./store.ts";

type Untagged = SyntheticState["untagged"];

export interface Proof {
  /** Rows of the run over all places after the settle time; null where that cannot be known. */
  readonly residue: number | null;
  readonly untagged: UntaggedState;
  readonly verified: boolean;
  readonly problems: readonly string[];
}

/** The three looks (null: not taken, or it failed), and what was deleted between the last two. */
export interface Looks {
  readonly baseline: SyntheticState | null;
  readonly before: SyntheticState | null;
  readonly after: SyntheticState | null;
  readonly deleted: number;
}

/**
 * Judges a sweep. `verified` = residue 0, untagged rows unchanged since before the run's first write, and the run tombstoned.
 * Untagged rows that changed are explained by when they changed, as far as the looks can tell.
 */
export function verify(plan: CleanupPlan, looks: Looks): Proof {
  const { after } = looks;
  if (after === null) return { residue: null, untagged: "not-checked", verified: false, problems: [] };
  const unseen = neverSeen(plan, looks);
  const residue = unseen === null ? totalRows(after.rows) : null;
  const untagged = judgeUntagged(looks, after.untagged);
  const problems = [
    ...(totalRows(after.rows) > 0 ? [`rows of this run are still there: ${describeRows(after.rows)}`] : []),
    ...(unseen === null ? [] : [unseen]),
    ...(after.tombstoned ? [] : ["the target has not closed the run (tombstoned: false), so writes that land late would stay"]),
    ...untagged.problems,
  ];
  return {
    residue,
    untagged: untagged.state,
    verified: residue === 0 && untagged.state === "unchanged" && after.tombstoned,
    problems,
  };
}

/**
 * A count of zero proves nothing where we never saw a row that must have been there: the admin address may belong to another
 * target, or the target may store rows without the tag. A run that was tombstoned before has been swept before.
 */
function neverSeen(plan: CleanupPlan, { baseline, before, after, deleted }: Looks): string | null {
  if (plan.created === 0 || deleted > 0 || before === null || before.tombstoned) return null;
  if (totalRows(before.rows) > 0 || (after !== null && totalRows(after.rows) > 0)) return null;
  const grown = (before.untagged?.count ?? 0) - (baseline?.untagged?.count ?? Number.POSITIVE_INFINITY);
  const told = `the target accepted ${countOf(plan.created, "write")} of this run but holds no row of it`;
  if (grown > 0) return `${told}, while its untagged rows grew by ${countOf(grown, "row")}: it may store rows without the tag`;
  return `${told}: check that admin belongs to the target, and that the target keeps the tag`;
}

interface UntaggedJudgement {
  readonly state: UntaggedState;
  readonly problems: readonly string[];
}

function judgeUntagged({ baseline, before }: Looks, after: Untagged): UntaggedJudgement {
  const start = baseline?.untagged ?? null;
  const middle = before?.untagged ?? null;
  if (after === null)
    return { state: "not-checked", problems: ["the target does not count untagged rows, so they could not be checked"] };
  const changes = [
    ...changeOf("between the run's first write and the sweep", start, middle ?? after),
    ...changeOf("while the sweep went on", middle, after),
    ...shrinkageOf(middle, after),
  ];
  if (start === null) {
    const unknown = "the untagged rows were not counted before the run's first write, so only the sweep itself could be checked";
    if (changes.length > 0) return { state: "changed-by-others", problems: [unknown, ...changes] };
    const found = middle === null ? "" : `: it left all ${countOf(after.count, "row")} as they were`;
    return { state: "not-checked", problems: [unknown + found] };
  }
  if (sameRows(start, after)) return { state: "unchanged", problems: [] };
  return { state: "changed-by-others", problems: changes };
}

/** Fewer untagged rows after the sweep than before it: others may delete their own rows, but a sweep never may. */
export function untaggedShrank(before: Untagged, after: Untagged): boolean {
  return before !== null && after !== null && after.count < before.count;
}

function shrinkageOf(before: Untagged, after: Untagged): string[] {
  return untaggedShrank(before, after)
    ? ["untagged rows went away during the sweep: make sure that others deleted them, since a sweep must never touch one"]
    : [];
}

function changeOf(when: string, from: Untagged, to: Untagged): string[] {
  if (from === null || to === null || sameRows(from, to)) return [];
  const grown = to.count - from.count;
  if (grown === 0)
    return [
      `${when}, untagged rows changed in content (${countOf(to.count, "row")}, checksum ${from.checksum} to ${to.checksum})`,
    ];
  return [`${when}, untagged rows went from ${countOf(from.count, "row")} to ${countOf(to.count, "row")}`];
}

function sameRows(one: NonNullable<Untagged>, other: NonNullable<Untagged>): boolean {
  return one.count === other.count && one.checksum === other.checksum;
}
