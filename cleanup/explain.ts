/**
 * Rows of others that are not as they were before the run's first write, one by one: what became of each, and whether that is accounted
 * for. A row is explained where the store says that it was last changed after the run began, and no write of the run made it. A row
 * that is gone tells nobody when and by whom, so it never is.
 */
import type { UntaggedChange, UntaggedRow } from "../src/model/cleanup.ts";
import { countOf } from "../src/model/units.ts";

/** Most rows of others that are kept for comparison, in all places of a store: some 40 MB. A guess at what is worth it. */
export const mostUntaggedRows = 200_000;
/** Changes that are told one by one. */
const toldChanges = 100;

export interface Explained {
  /** The first hundred: those that may be the run's own, then what else is unexplained, then the rest. */
  readonly changes: readonly UntaggedChange[];
  readonly total: number;
  readonly unexplained: number;
  /** Of the unexplained, those under a key that a write of the run was given. */
  readonly ours: number;
}

/** The writes of a run that may have made a row. */
export interface RunWrites {
  /** ISO 8601 instant at which the run began. */
  readonly startedAt: string;
  /** Those that were accepted, and those whose outcome is unknown. */
  readonly count: number;
  /** Ids that they were given, as far as the journal has them. */
  readonly ids: () => AsyncIterable<string>;
}

/**
 * Compares the rows as they were before the run's first write with those of now, and explains each difference; null where there are more
 * than `most` rows.
 */
export async function explainChanges(
  before: AsyncIterable<UntaggedRow>,
  after: AsyncIterable<UntaggedRow>,
  writes: RunWrites,
  most = mostUntaggedRows,
): Promise<Explained | null> {
  const differences = await differencesOf(before, after, most);
  if (differences === null) return null;
  const known = await knownIds(new Set(differences.map(([, { key }]) => key)), writes);
  const judged = differences.map(([change, row]) => explain(change, row, known, writes.startedAt));
  const ours = judged.filter(({ key }) => known.ids.has(key));
  const unexplained = judged.filter(({ key, explained }) => !explained && !known.ids.has(key));
  const changes = [...ours, ...unexplained, ...judged.filter(({ explained }) => explained)].slice(0, toldChanges);
  return { changes, total: judged.length, unexplained: ours.length + unexplained.length, ours: ours.length };
}

type Difference = readonly [UntaggedChange["change"], UntaggedRow];

/** Where a store has no key to give, several rows may be the same to the letter: each is counted. */
async function differencesOf(
  before: AsyncIterable<UntaggedRow>,
  after: AsyncIterable<UntaggedRow>,
  most: number,
): Promise<Difference[] | null> {
  const earlier = new Map<string, { readonly row: UntaggedRow; left: number }>();
  const differences: Difference[] = [];
  let count = 0;
  for await (const row of before) {
    if (++count > most) return null;
    const same = earlier.get(identityOf(row));
    if (same === undefined) earlier.set(identityOf(row), { row, left: 1 });
    else same.left += 1;
  }
  for await (const row of after) {
    const was = earlier.get(identityOf(row));
    if (was !== undefined && --was.left === 0) earlier.delete(identityOf(row));
    if (was?.row.digest === row.digest) continue;
    if (differences.length >= most) return null;
    differences.push([was === undefined ? "added" : "changed", row]);
  }
  for (const { row, left } of earlier.values()) for (let gone = 0; gone < left; gone++) differences.push(["removed", row]);
  return differences;
}

/** Places are few and have no line break in them, so this is one to one. */
function identityOf({ place, key }: UntaggedRow): string {
  return `${place}\n${key}`;
}

interface KnownIds {
  /** Of the keys in question, those that a write was given. */
  readonly ids: ReadonlySet<string>;
  /** Writes that may have made a row under a key that nobody told us. */
  readonly nameless: number;
}

async function knownIds(keys: ReadonlySet<string>, { ids, count }: RunWrites): Promise<KnownIds> {
  const ours = new Set<string>();
  if (keys.size === 0) return { ids: ours, nameless: 0 };
  let told = 0;
  for await (const id of ids()) {
    told += 1;
    if (keys.has(id)) ours.add(id);
  }
  return { ids: ours, nameless: Math.max(0, count - told) };
}

function explain(
  change: UntaggedChange["change"],
  { place, key, at }: UntaggedRow,
  { ids, nameless }: KnownIds,
  startedAt: string,
): UntaggedChange {
  const told = (explained: boolean, because: string): UntaggedChange => ({ place, key, change, at, explained, because });
  if (ids.has(key)) return told(false, "a write of the run was given this key, so it may be the run's own row, without its tag");
  if (change === "removed") return told(false, "it is gone, and nothing says by whom; a sweep names rows of its run only");
  if (at === null) return told(false, "the store does not say when it was last changed");
  if (!(Date.parse(at) >= Date.parse(startedAt)))
    return told(false, `it says that it was last changed ${at}, which is before the run began`);
  if (change === "added" && nameless > 0)
    return told(
      false,
      `${countOf(nameless, "write")} of the run may have made a row under a key that is not known, maybe this one`,
    );
  return told(true, `${change} ${at}, after the run began, and no row that the run made`);
}
