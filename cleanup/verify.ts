/**
 * The proof: what three looks at a store allow us to claim. Before the run's first write (the baseline), before the first delete, and
 * after the settle time. What was not seen is never claimed.
 */
import type { CleanupPlan, StoreProof, StoreState, Untagged, UntaggedState } from "../src/model/cleanup.ts";
import { countOf, formatCount } from "../src/model/units.ts";
import { describeRows } from "./describe.ts";
import type { Explained } from "./explain.ts";
import { totalRows } from "./store.ts";

export type Proof = Pick<StoreProof, "residue" | "untagged" | "verified" | "problems">;

/** The three looks (null: not taken, or it failed), and what is known besides. */
export interface Looks {
  readonly baseline: StoreState | null;
  readonly before: StoreState | null;
  readonly after: StoreState | null;
  /** Whether a row of the run was ever seen in any of its stores, or one of them was closed to it. */
  readonly seen: boolean;
  /** Null: rows of others were not gone through one by one. */
  readonly explained: Explained | null;
}

/**
 * Judges a sweep of one store. `verified` = residue 0, untagged rows unchanged since before the run's first write but for changes that are
 * explained, none of them gone while the sweep went on, and the run closed to late arrivals as far as the store knows that.
 */
export function verify(plan: Pick<CleanupPlan, "created">, looks: Looks): Proof {
  const { before, after, explained } = looks;
  if (after === null) return { residue: null, untagged: "not-checked", verified: false, problems: [] };
  const unseen = neverSeen(plan, looks);
  const residue = unseen === null ? totalRows(after.rows) : null;
  const untagged = judgeUntagged(looks, after.untagged);
  const problems = [
    ...(totalRows(after.rows) > 0 ? [`rows of this run are still there: ${describeRows(after.rows)}`] : []),
    ...(after.unresolved?.problems ?? []),
    ...(unseen === null ? [] : [unseen]),
    ...(after.tombstoned === false
      ? ["the target has not closed the run (tombstoned: false), so writes that land late would stay"]
      : []),
    ...untagged.problems,
  ];
  const isExplained = explained?.unexplained === 0 && !untaggedShrank(before?.untagged ?? null, after.untagged);
  const harmless = untagged.state === "unchanged" || (untagged.state === "changed-by-others" && isExplained);
  return {
    residue,
    untagged: untagged.state,
    verified: residue === 0 && harmless && after.tombstoned !== false,
    problems,
  };
}

/**
 * A count of zero proves nothing where we never saw a row that must have been there: the admin address may belong to another
 * target, or the target may store rows without the tag. Where another store of the run held rows, this one need not: what is derived
 * expires by itself.
 */
function neverSeen(plan: Pick<CleanupPlan, "created">, { baseline, before, after, seen }: Looks): string | null {
  if (plan.created === 0 || seen || before === null) return null;
  const grown = (after?.untagged?.count ?? 0) - (baseline?.untagged?.count ?? Number.POSITIVE_INFINITY);
  const told = `the target accepted ${countOf(plan.created, "write")} of this run but holds no row of it`;
  if (grown > 0) return `${told}, while its untagged rows grew by ${countOf(grown, "row")}: it may store rows without the tag`;
  return `${told}: check that its stores (admin, addresses) belong to the target, and that the target keeps the tag`;
}

interface UntaggedJudgement {
  readonly state: UntaggedState;
  readonly problems: readonly string[];
}

function judgeUntagged({ baseline, before, explained }: Looks, after: Untagged | null): UntaggedJudgement {
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
  // What came after the first look and went under the sweep leaves both ends alike.
  if (sameRows(start, after) && (middle === null || sameRows(middle, after))) return { state: "unchanged", problems: [] };
  if (explained === null) return { state: "changed-by-others", problems: changes };
  const unexplained = explained.unexplained === 0 ? [] : [unexplainedSentence(explained)];
  return { state: "changed-by-others", problems: [...unexplained, ...shrinkageOf(middle, after)] };
}

function unexplainedSentence({ changes, unexplained, total }: Explained): string {
  const first = changes.find((change) => !change.explained);
  const example = first === undefined ? "" : `; first ${first.place} ${first.key} was ${first.change}: ${first.because}`;
  return `of ${countOf(total, "untagged row")} that changed, ${formatCount(unexplained)} could not be explained${example}`;
}

/** Fewer untagged rows after the sweep than before it: others may delete their own rows, but a sweep never may. */
export function untaggedShrank(before: Untagged | null, after: Untagged | null): boolean {
  return before !== null && after !== null && after.count < before.count;
}

function shrinkageOf(before: Untagged | null, after: Untagged | null): string[] {
  return untaggedShrank(before, after)
    ? ["untagged rows went away during the sweep: make sure that others deleted them, since a sweep must never touch one"]
    : [];
}

function changeOf(when: string, from: Untagged | null, to: Untagged | null): string[] {
  if (from === null || to === null || sameRows(from, to)) return [];
  const grown = to.count - from.count;
  if (grown === 0)
    return [
      `${when}, untagged rows changed in content (${countOf(to.count, "row")}, checksum ${from.checksum} to ${to.checksum})`,
    ];
  return [`${when}, untagged rows went from ${countOf(from.count, "row")} to ${countOf(to.count, "row")}`];
}

/** Whether two looks found the same rows. */
export function sameRows(one: Untagged, other: Untagged): boolean {
  return one.count === other.count && one.checksum === other.checksum;
}
