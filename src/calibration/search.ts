/** Rates by level: eight levels double the rate, so that neighbours are 9 % apart. */
export function rateOf(level: number): number {
  return 2 ** (level / levelsPerDoubling);
}

const levelsPerDoubling = 8;

/** Levels that are tried, 8 to 260,000 requests per second and load thread. */
const lowest = 3 * levelsPerDoubling;
const highest = 18 * levelsPerDoubling;
/** 4,000/s: what every machine can do that is not short of time. */
export const firstLevel = 12 * levelsPerDoubling;

/**
 * The highest level that is clean: doubled while it is, halved while it is not, then cut in halves. Asked for as long as there is
 * time, so that the answer may be lower than it could be; null where not one was clean.
 */
export async function highestClean(isClean: (level: number) => Promise<boolean>, hasTime: () => boolean): Promise<number | null> {
  let clean = lowest - 1;
  let dirty = highest + 1;
  for (let level = firstLevel; dirty - clean > 1 && hasTime(); level = nextLevel(clean, dirty)) {
    if (await isClean(level)) clean = level;
    else dirty = level;
  }
  return clean < lowest ? null : clean;
}

function nextLevel(clean: number, dirty: number): number {
  if (dirty > highest) return Math.min(highest, clean + levelsPerDoubling);
  if (clean < lowest) return Math.max(lowest, dirty - levelsPerDoubling);
  return Math.floor((clean + dirty) / 2);
}
