import type { Nginx } from "./nginx.ts";
import { measure, type Measured, peers, type Task } from "./peers.ts";
import { median, ratio, table, thousands } from "./tables.ts";

export interface Round {
  readonly name: string;
  readonly results: readonly Measured[];
}

/** Lets generators take turns on one core, `rounds` times each, so that whatever changes on the machine changes for all of them. */
export async function takeTurns(
  names: readonly string[],
  rounds: number,
  core: number,
  nginx: Nginx,
  task: Task,
): Promise<Round[]> {
  const results = new Map(names.map((name) => [name, [] as Measured[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const measured = await measure(name, core, nginx, task);
      results.get(name)?.push(measured);
      console.error(
        `  round ${round}: ${name}: ${thousands(measured.perSec)}/s, ${thousands(measured.perCpuSec)} per CPU second`,
      );
    }
  }
  return [...results].map(([name, measured]) => ({ name, results: measured }));
}

/** Medians of each generator, and how they compare to one of them: the median of each round's ratio, not the ratio of medians. */
export function compare(rounds: readonly Round[], reference: string): string {
  const base = rounds.find(({ name }) => name === reference);
  if (base === undefined) throw new Error(`${reference} took no turn`);
  const rows = rounds.map(({ name, results }) => {
    const paired = (figure: "perSec" | "perCpuSec"): number =>
      median(results.map((result, at) => result[figure] / (base.results[at]?.[figure] ?? Number.NaN)));
    return [
      name,
      thousands(median(results.map((result) => result.perSec))),
      thousands(median(results.map((result) => result.perCpuSec))),
      ratio(paired("perSec")),
      ratio(paired("perCpuSec")),
      String(results.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  return table(
    ["", "requests/s", "per generator CPU second", `x ${reference}, per s`, `x ${reference}, per CPU s`, "errors"],
    rows,
  );
}

export const everyone = Object.keys(peers);
