import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StepSummary, Summary } from "../src/model/summary.ts";
import { signals, type VitalSample } from "../src/model/vitals.ts";
import { readRecord } from "../src/record/reader.ts";
import { type Nginx } from "./nginx.ts";
import { timed } from "./peers.ts";
import { median, table, thousands } from "./tables.ts";

const launcher = fileURLToPath(new URL("../bin/peakproof.js", import.meta.url));

export interface OpenRun {
  readonly summary: Summary;
  /** Cores that the load threads used while a step was held, added up; by multiple. */
  readonly cores: ReadonlyMap<number, number>;
  readonly samples: readonly VitalSample[];
  /** Of the first step that counts, microseconds since the run's start. */
  readonly startUs: number;
}

/** A run of the product itself, as a user starts it, on given cores: tags, a path per user, checks of the status, all histograms, the record. */
export async function runOpen(
  nginx: Nginx,
  options: { readonly core: string; readonly peak: number; readonly multiples: readonly number[]; readonly hold: string } & {
    readonly precision?: "timer" | "spin";
  },
): Promise<OpenRun> {
  const folder = mkdtempSync(join(tmpdir(), "peakproof-bench-"));
  try {
    const scenario = join(folder, "open.ts");
    writeFileSync(scenario, scenarioText(nginx, options));
    const args = ["run", scenario, "--out", join(folder, "runs"), "--json", "--quiet"];
    const { output } = await timed(options.core, [process.execPath, launcher, ...args], [0, 3, 5]);
    const summary = JSON.parse(output) as Summary;
    const { run, vitals } = await readRecord(summary.dir);
    const cores = new Map(
      run.steps.flatMap(({ role, multiple, startUs, endUs }) =>
        role === "step" ? [[multiple, coresOf(vitals, startUs ?? 0, endUs ?? 0)] as const] : [],
      ),
    );
    const startUs = run.steps.find(({ role }) => role === "step")?.startUs ?? 0;
    return { summary, cores, samples: vitals, startUs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function coresOf(vitals: readonly VitalSample[], startUs: number, endUs: number): number {
  const ofWorkers = vitals.filter(
    ({ t, source, signal }) =>
      signal === signals.cpuCores && source.startsWith("generator/worker-") && t > startUs + 1_000_000 && t <= endUs,
  );
  const sources = new Set(ofWorkers.map(({ source }) => source));
  const mean = (source: string): number => {
    const values = ofWorkers.filter((sample) => sample.source === source).map(({ value }) => value);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return [...sources].reduce((sum, source) => sum + mean(source), 0);
}

const scenarioText = (nginx: Nginx, { peak, multiples, hold, precision }: Parameters<typeof runOpen>[1]): string => `
import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
export default defineScenario({
  name: "bench-open", target: "http://127.0.0.1:${nginx.port}",
  load: { peak: { ratePerSec: ${peak} }, multiples: [${multiples.join(", ")}], hold: "${hold}", warmup: "3s", precision: "${precision ?? "timer"}" },
  connections: { max: 256 },
  users: citizens({ pool: 10_000, popularity: "zipf" }),
  operations: { scan: { kind: "read", weight: 1, request: (user) => ({ path: "/codes/" + user.id }), expect: { status: 200 } } },
});`;

/** Lag and cost at 10,000/s by timer and by spinning, and the highest rate that a core sends on time. */
export async function openLoop(nginx: Nginx, core: number): Promise<string> {
  const rows: string[][] = [];
  for (const precision of ["timer", "spin"] as const) {
    const runs: OpenRun[] = [];
    for (let round = 0; round < 3; round++)
      runs.push(await runOpen(nginx, { core: String(core), peak: 10_000, multiples: [1], hold: "10s", precision }));
    const lag = (percentile: "p50" | "p99"): string =>
      `${thousands(median(runs.map(({ summary }) => summary.steps[0]?.lagUs?.[percentile] ?? Number.NaN)))} us`;
    rows.push([precision, lag("p50"), lag("p99"), median(runs.map(({ cores }) => cores.get(1) ?? Number.NaN)).toFixed(2)]);
  }
  const lags = table(["10,000/s", "lag p50", "lag p99", "cores of the load thread"], rows);
  return `## Open loop on one core\n\n${lags}\n\n${await highestOnTime(nginx, core)}`;
}

/** The highest rate at which lag p99 stays within 5 ms there and at all rates below, in steps of 5,000/s: the median of three runs. */
async function highestOnTime(nginx: Nginx, core: number): Promise<string> {
  const multiples = Array.from({ length: 12 }, (_, at) => at + 8);
  const runs: OpenRun[] = [];
  for (let round = 0; round < 3; round++)
    runs.push(await runOpen(nginx, { core: String(core), peak: 5_000, multiples, hold: "4s" }));
  const steps = runs.map(({ summary }) => summary.steps.filter(({ role }) => role === "step"));
  const rows = multiples.map((multiple, at) => {
    const middle = (figure: (step: StepSummary) => number | null | undefined): number =>
      median(steps.map((each) => (each[at] === undefined ? Number.NaN : (figure(each[at]) ?? Number.NaN))));
    return [
      thousands(middle(({ ratePerSec }) => ratePerSec)),
      `${thousands(middle(({ lagUs }) => lagUs?.p50))} us`,
      `${thousands(middle(({ lagUs }) => lagUs?.p99))} us`,
      middle(({ due, sent }) => sent / due).toFixed(3),
      median(runs.map(({ cores }) => cores.get(multiple) ?? Number.NaN)).toFixed(2),
    ];
  });
  const highest = thousands(median(steps.map(lastOnTime)));
  const rates = table(["requests/s", "lag p50", "lag p99", "sent / due", "cores of the load thread"], rows);
  return `${rates}\n\nHighest with lag p99 within 5 ms: ${highest}/s.`;
}

function lastOnTime(steps: readonly StepSummary[]): number {
  const late = steps.findIndex(({ lagUs }) => (lagUs?.p99 ?? Number.POSITIVE_INFINITY) > 5_000);
  const last = late === -1 ? steps.at(-1) : steps[late - 1];
  return last?.ratePerSec ?? 0;
}
