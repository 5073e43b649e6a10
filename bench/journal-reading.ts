/** Reads the journals of a folder in a process of its own: `node journal-reading.ts <folder> <totals|created|open>`; prints a `Reading`. */
import { journalAccess, journalPaths, readJournals } from "../src/record/journal-reader.ts";

export interface Reading {
  /** Entries that were found: intents, created ids, or open writes. */
  readonly found: number;
  readonly seconds: number;
  /** Most memory that was resident, and that before the reading began. */
  readonly peakBytes: number;
  readonly idleBytes: number;
}

const [folder = "", what] = process.argv.slice(2);
const access = journalAccess(folder);

async function find(): Promise<number> {
  if (what === "totals")
    return (await readJournals(journalPaths(folder), (path, problem) => console.error(path, problem))).intents;
  let count = 0;
  for await (const _entry of what === "created" ? access.created("report") : access.open("report")) count += 1;
  return count;
}

const peak = (): number => process.resourceUsage().maxRSS * 1_024;
const idleBytes = peak();
const startMs = performance.now();
const found = await find();
const reading: Reading = { found, seconds: (performance.now() - startMs) / 1_000, peakBytes: peak(), idleBytes };
console.log(JSON.stringify(reading));
