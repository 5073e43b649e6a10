import type { Run } from "./messages.ts";

/** Where a request's tag goes, in the order of a write's way. */
export const hops = ["queue", "store", "cache", "laboratory", "log"] as const;
export type Hop = (typeof hops)[number];

/** The run as a hop keeps it. `dropTagAt`: the hop that forgets it. */
export function tagAt(hop: Hop, run: Run, dropTagAt: Hop | null): Run {
  return hop === dropTagAt ? null : run;
}
