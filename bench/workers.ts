import type { Nginx } from "./nginx.ts";
import { runOpen } from "./open.ts";
import { median, table, thousands } from "./tables.ts";

/**
 * One load thread and two, each at a rate that no machine meets, on all cores: what was answered per second. On two cores nginx and the
 * coordinator share them with the threads, so the figure is what this machine allows and no law of ours.
 */
export async function scaling(nginx: Nginx): Promise<string> {
  const answered: Record<number, number[]> = { 1: [], 2: [] };
  for (let round = 0; round < 3; round++) {
    for (const workers of [1, 2]) {
      const { answeredPerSec } = await runOpen(nginx, { core: "0,1", peak: 200_000, multiples: [1], hold: "6s", workers });
      answered[workers]?.push(answeredPerSec);
    }
  }
  const [one, two] = [median(answered[1] ?? []), median(answered[2] ?? [])];
  const rows = [
    ["1", thousands(one), "1"],
    ["2", thousands(two), (two / one).toFixed(2)],
  ];
  return `## Load threads\n\n${table(["threads", "answered per second", "x one"], rows)}`;
}
