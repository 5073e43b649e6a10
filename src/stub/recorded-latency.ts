import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Buckets } from "../measure/buckets.ts";
import { Fault, messageOf } from "../model/fault.ts";
import type { RunFile } from "../model/run.ts";
import { recordFiles } from "../record/files.ts";
import { readHlogLine, type HlogEntry } from "../record/hlog.ts";
import { readRun } from "../record/reader.ts";

/** Which histograms of a log are wanted. */
type Wanted = (entry: HlogEntry) => boolean;

/**
 * The latencies that were recorded: of a run's folder, the service clock of what was answered well at its lowest multiple, where the
 * service was most itself; of any other HdrHistogram log, in microseconds, all of it. `operation` narrows a run's. Throws a usage Fault.
 */
export function readLatencies(path: string, operation: string | null): Buckets {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, recordFiles.latency) : path;
  const wanted = isFolder ? ofBaseSteps(readRun(path), operation) : anyOf(operation);
  const buckets = new Buckets();
  try {
    // Of a killed run the last line may be torn: it is left out, as readers of a record do.
    for (const line of readFileSync(file, "utf8").split("\n")) addWhole(buckets, line, wanted);
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown));
  }
  if (buckets.count > 0) return buckets;
  const of = operation === null ? "" : ` of the operation ${operation}`;
  throw unreadable(path, `there are no latencies${of} in it`);
}

function addWhole(buckets: Buckets, line: string, wanted: Wanted): void {
  let entry: HlogEntry | null;
  try {
    entry = readHlogLine(line);
  } catch {
    return;
  }
  if (entry !== null && wanted(entry)) buckets.merge(entry.buckets.toSparse());
}

function ofBaseSteps({ steps }: RunFile, operation: string | null): Wanted {
  const held = steps.filter(({ role }) => role === "step" || role === "repeat");
  const lowest = Math.min(...held.map(({ multiple }) => multiple));
  const base = new Set(held.filter(({ multiple }) => multiple === lowest).map(({ index }) => `s${index}`));
  return ({ tag }) => {
    const [step = "", name = "", clock, outcome] = tag.split(".");
    return base.has(step) && clock === "service" && outcome === "ok" && (operation === null || name === operation);
  };
}

/** Of a run's log without its folder what was answered well at any step; of other tools' logs, whose tags are none or their own, all. */
function anyOf(operation: string | null): Wanted {
  return ({ tag }) => {
    const [, name, clock, outcome] = tag.split(".");
    const isOurs = clock === "service" && outcome === "ok";
    const isForeign = clock === undefined && tag !== "second";
    return operation === null ? isOurs || isForeign : isOurs && name === operation;
  };
}

function unreadable(path: string, why: string): Fault {
  return new Fault("usage", `no latency can be taken from there: ${why}`, {
    received: `--from ${path}`,
    expected: "a run's folder, such as runs/<runId>, or an HdrHistogram log (.hlog) in microseconds",
    fix: "ls runs/ shows the runs of this folder; --latency 30ms --spread 0.3 makes one up",
  });
}
