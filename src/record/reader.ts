import { existsSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { Buckets } from "../measure/buckets.ts";
import { type CleanupFile, cleanupSchema } from "../model/cleanup.ts";
import { errnoOf, Fault, messageOf } from "../model/fault.ts";
import { verdictSchema, type Verdict } from "../model/finding.ts";
import type { RecordProblem, RunRecord, Traces } from "../model/record.ts";
import { runSchema, type RunFile } from "../model/run.ts";
import { runIdPattern } from "../model/tags.ts";
import { asOfToday, type EarlierRun } from "./earlier.ts";
import { cleanupOfToday, earlierCleanupSchema, type EarlierCleanup } from "./earlier-cleanup.ts";
import { canaryDirs } from "./canaries.ts";
import { recordFiles } from "./files.ts";
import { readHlogLine } from "./hlog.ts";
import { journalPaths, readJournals } from "./journal-reader.ts";

/**
 * Reads a run directory, whatever state a crash or another version left it in: what is missing or torn is named in `problems`
 * and the rest is read. Throws a usage Fault only where there is no readable `run.json`, since nothing can be said without it;
 * whoever drove the run hands in the one that it knows.
 */
export async function readRecord(dir: string, known?: RunFile): Promise<RunRecord> {
  const { run, journal, cleanup, problems: found } = await readTraces(dir, known);
  const problems = [...found];
  const canaries = await readCanaries(dir, problems);
  return {
    dir,
    run,
    ...(canaries.length === 0 ? {} : { canaries }),
    series: readLines(dir, recordFiles.series, problems),
    vitals: readLines(dir, recordFiles.vitals, problems),
    events: readLines(dir, recordFiles.events, problems),
    samples: readLines(dir, recordFiles.samples, problems),
    latency: readLatency(dir, run, problems),
    journal,
    verdict: readOptional(dir, recordFiles.verdict, [verdictSchema], problems) as Verdict | null,
    cleanup,
    problems,
  };
}

async function readCanaries(dir: string, problems: RecordProblem[]): Promise<Traces[]> {
  const canaries: Traces[] = [];
  for (const canary of canaryDirs(dir)) {
    try {
      canaries.push(await readTraces(canary));
    } catch (thrown) {
      problems.push({ file: relative(dir, canary), problem: messageOf(thrown) });
    }
  }
  return canaries;
}

/** What a sweep needs of a run directory, and no more: the rest may be large. Throws as `readRecord` does. */
export async function readTraces(dir: string, known?: RunFile): Promise<Traces> {
  const problems: RecordProblem[] = [];
  const run = known ?? readRun(dir);
  const journal = await readJournals(journalPaths(dir), (path, problem) => problems.push({ file: basename(path), problem }));
  if (journal.tornLines > 0) problems.push({ file: "journal-*.ndjson", problem: `${journal.tornLines} torn lines passed over` });
  return { dir, run, journal, cleanup: readCleanup(dir, problems), problems };
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

/** `cleanup.json`, whichever version wrote it; null where there is none that can be read. Tells `problems` why. */
export function readCleanup(dir: string, problems: RecordProblem[] = []): CleanupFile | null {
  const value = readOptional(dir, recordFiles.cleanup, [cleanupSchema, earlierCleanupSchema], problems);
  return schemaOf(value) === earlierCleanupSchema ? cleanupOfToday(value as EarlierCleanup) : (value as CleanupFile | null);
}

/** A file of one of these schemas, the newest first; null where there is none that can be read. */
function readOptional(dir: string, file: string, schemas: readonly string[], problems: RecordProblem[]): unknown {
  const path = join(dir, file);
  if (!existsSync(path)) return null;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const schema = schemaOf(value);
    if (schema !== null && schemas.includes(schema)) return value;
    problems.push({ file, problem: `schema ${schema ?? "missing"}, expected ${schemas[0]}: passed over` });
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
  const isBegun = run.steps.some(({ startUs }) => startUs !== null);
  if (latency.size === 0 && run.ended !== null && isBegun)
    problems.push({ file: recordFiles.latency, problem: "no histogram of any step" });
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
