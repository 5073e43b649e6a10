/** How many of an operation's writes are read back, and which. Pure. */
import type { ScheduleTotals, WritesPlan } from "../model/plan.ts";
import { streams, unit } from "../model/random.ts";
import type { Operation } from "../model/scenario.ts";

/** Most writes of one operation that are sent once more: all of them are read back, and kept in memory until then. */
const replayedMax = 100_000;

/** Parts of an operation's accepted writes. The two exclude each other: a write that was lost would be made good by its replay. */
export interface Shares {
  readonly readBack: number;
  readonly replay: number;
}

/** What becomes of an accepted write. */
export type Lot = "replay" | "read-back" | "none";

/** The shares of an operation that is planned to send `expected` requests; null where it says not how it is read back. */
export function sharesOf(
  { readBack, replay }: WritesPlan,
  { kind, readBack: request }: Pick<Operation, "kind" | "readBack">,
  expected: number,
): Shares | null {
  if (kind !== "write" || request === undefined || expected === 0) return null;
  const replayed = Math.min(replay, replayedMax / expected);
  return { replay: replayed, readBack: Math.min(1 - replayed, readBack / expected) };
}

/** The lot of a write by its number: the same whatever worker sends it, and as good as random to the target. */
export function drawLot({ readBack, replay }: Shares, seed: number, index: number): Lot {
  const drawn = unit(seed, streams.readBack, index);
  if (drawn < replay) return "replay";
  return drawn < replay + readBack ? "read-back" : "none";
}

/** Of each of the plan's operations, in their order. */
export function allShares(
  writes: WritesPlan,
  operations: Readonly<Record<string, Operation>>,
  perOperation: ScheduleTotals["perOperation"],
): (Shares | null)[] {
  return Object.entries(operations).map(([name, operation]) => sharesOf(writes, operation, perOperation[name] ?? 0));
}
