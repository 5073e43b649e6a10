import { signals } from "../src/model/vitals.ts";
import type { Nginx } from "./nginx.ts";
import { runOpen } from "./open.ts";
import { median, table } from "./tables.ts";

const minutes = 10;

/** The generator's resident memory, minute by minute, over a long hold at 10,000/s: all threads of it, since they are one process. */
export async function steadyMemory(nginx: Nginx): Promise<string> {
  const { summary, samples, startUs } = await runOpen(nginx, { core: "0,1", peak: 10_000, multiples: [1], hold: `${minutes}m` });
  const rows = Array.from({ length: minutes }, (_, minute) => {
    const inMinute = samples.filter(
      ({ t, source, signal }) =>
        source === "generator" && signal === signals.residentBytes && Math.floor((t - startUs) / 60_000_000) === minute,
    );
    return median(inMinute.map(({ value }) => value / 1_000_000));
  });
  const growth = ((rows.at(-1) ?? Number.NaN) / (rows[1] ?? Number.NaN) - 1) * 100;
  const cells = rows.map((megabytes, minute) => [String(minute + 1), megabytes.toFixed(0)]);
  const sent = summary.steps[0]?.sent ?? 0;
  return `## Memory over ${minutes} minutes at 10,000/s\n\n${table(["minute", "MB, median"], cells)}\n\n${sent.toLocaleString("en-US")} requests; growth from the second minute to the last: ${growth.toFixed(1)} %.`;
}
