import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { Buckets } from "../measure/buckets.ts";
import { type CleanupFile, cleanupSchema } from "../model/cleanup.ts";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { verdictSchema, type Verdict } from "../model/finding.ts";
import type { RecordProblem, RunRecord } from "../model/record.ts";
import { runSchema, type RunFile } from "../model/run.ts";
import { runIdPattern } from "../model/tags.ts";
import { asOfToday, type EarlierRun } from "./earlier.ts";
import { recordFiles } from "./files.ts";
import { readHlogLine } from "./hlog.ts";
import { readJournals } from "./journal-reader.ts";

/**
 * Reads a run directory, whatever state a crash or another version left it in: what is missing or torn is named in `problems`
 * and the rest is read. Throws a usage Fault only where there is no readable `run.json`, since nothing can be said without it;
 * whoever drove the run hands in the one that it knows.
 */
export async function readRecord(dir: string, known?: RunFile): Promise<RunRecord> {
  const problems: RecordProblem[] = [];
  const run = known ?? readRun(dir);
  const journals = readdirSync(dir).filter((name) => /^journal-\d+\.ndjson$/.test(name));
  const journal = await readJournals(
    journals.map((name) => join(dir, name)),
    (path, problem) => problems.push({ file: basename(path), problem }),
  );
  if (journal.tornLines > 0) problems.push({ file: "journal-*.ndjson", problem: `${journal.tornLines} torn lines passed over` });
  return {
    dir,
    run,
    series: readLines(dir, recordFiles.series, problems),
    vitals: readLines(dir, recordFiles.vitals, problems),
    events: readLines(dir, recordFiles.events, problems),
    samples: readLines(dir, recordFiles.samples, problems),
    latency: readLatency(dir, run, problems),
    journal,
    verdict: readOptional(dir, recordFiles.verdict, verdictSchema, problems) as Verdict | null,
    cleanup: readOptional(dir, recordFiles.cleanup, cleanupSchema, problems) as CleanupFile | null,
    problems,
  };
}

/** `run.json` alone, whichever version wrote it. Throws a usage Fault where the directory, the file or its schema is not ours. */
export function readRun(dir: string): RunFile {
  const path = join(dir, recordFiles.run);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (thrown) {
    const missing = errnoOf(thrown) === "ENOENT" || errnoOf(thrown) === "ENOTDIR";
    throw new Fault("usage", missing ? `${dir} is not a run directory` : `cannot read ${path}: ${messageOf(thrown)}`, {
      expected: `a folder with a ${recordFiles.run}, such as runs/<runId>`,
      fix: "ls runs/ shows the runs of this folder; the newest is the last",
    });
  }
  const schema = schemaOf(value);
  if (schema === runSchema && isRunFile(value)) return asOfToday(value);
  throw new Fault("usage", schema === runSchema ? `${path} lacks what a run says of itself` : `${path} has another schema`, {
    received: schema ?? "no schema",
    expected: `${runSchema}, as a run wrote it`,
    fix: "read it with the version of Peakproof that wrote it, or a newer one",
  });
}

/** Whether the parts that everything else is read by are there. What they hold is checked where it is used. */
function isRunFile(value: unknown): value is EarlierRun {
  const run = value as Partial<EarlierRun>;
  const { plan, machine, schedule, totals, target } = run;
  return (
    typeof run.runId === "string" &&
    runIdPattern.test(run.runId) &&
    [plan, machine, schedule, totals, target].every((part) => typeof part === "object" && part !== null) &&
    [run.steps, plan?.steps, plan?.operations, plan?.budgets].every(Array.isArray) &&
    typeof plan?.target === "string" &&
    typeof plan.admin === "string" &&
    typeof plan.connections?.deadlineUs === "number"
  );
}

function schemaOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("schema" in value)) return null;
  return typeof value.schema === "string" ? value.schema : null;
}

function readOptional(dir: string, file: string, schema: string, problems: RecordProblem[]): unknown {
  const path = join(dir, file);
  if (!existsSync(path)) return null;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (schemaOf(value) === schema) return value;
    problems.push({ file, problem: `schema ${schemaOf(value) ?? "missing"}, expected ${schema}: passed over` });
  } catch (thrown) {
    problems.push({ file, problem: messageOf(thrown) });
  }
  return null;
}

/** Every line that is an object; the rest is counted. Files of a run are bounded by its length: some 300 bytes a second and signal. */
function readLines<Line>(dir: string, file: string, problems: RecordProblem[]): Line[] {
  const lines: Line[] = [];
  let torn = 0;
  for (const text of textLines(dir, file, problems)) {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null) lines.push(value as Line);
      else torn += 1;
    } catch {
      torn += 1;
    }
  }
  if (torn > 0) problems.push({ file, problem: `${torn} torn lines passed over` });
  return lines;
}

function textLines(dir: string, file: string, problems: RecordProblem[]): string[] {
  try {
    return readFileSync(join(dir, file), "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch (thrown) {
    problems.push({ file, problem: errnoOf(thrown) === "ENOENT" ? "missing" : messageOf(thrown) });
    return [];
  }
}

function readLatency(dir: string, run: RunFile, problems: RecordProblem[]): Map<string, Buckets> {
  const latency = new Map<string, Buckets>();
  let torn = 0;
  for (const line of textLines(dir, recordFiles.latency, problems)) {
    // One histogram per second of the run is there for other tools; decoding those would be most of the work of reading.
    if (line.startsWith("Tag=second,")) continue;
    try {
      const entry = readHlogLine(line);
      if (entry !== null) mergeUnderEveryTag(latency, entry.tag, entry.buckets);
    } catch {
      torn += 1;
    }
  }
  if (torn > 0) problems.push({ file: recordFiles.latency, problem: `${torn} torn lines passed over` });
  if (latency.size === 0 && run.ended !== null) problems.push({ file: recordFiles.latency, problem: "no histogram of any step" });
  return latency;
}

/**
 * `s3.scan.response.ok` also counts under `s3.*.response.ok`, `s3.scan.response.*` and `s3.*.response.*`; `s3.*.tls.*`, which is the sum
 * already, only once.
 */
function mergeUnderEveryTag(latency: Map<string, Buckets>, tag: string, buckets: Buckets): void {
  const [step = "", operation = "", clock = "", outcome = ""] = tag.split(".");
  const sparse = buckets.toSparse();
  const keys = [tag, `${step}.*.${clock}.${outcome}`, `${step}.${operation}.${clock}.*`, `${step}.*.${clock}.*`];
  for (const key of new Set(keys)) {
    let sum = latency.get(key);
    if (sum === undefined) latency.set(key, (sum = new Buckets()));
    sum.merge(sparse);
  }
}
