/**
 * What the journal costs: `npm run bench:journal -- [--quick] [writing] [reading]`. An open loop of 5,000 writes a second with and without
 * it, in turns, against a null server, and the reading of 10 million entries. Nothing else should run on the machine meanwhile.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NullTarget } from "../src/calibration/null-target.ts";
import { headerLine, intentLine, outcomeLine } from "../src/record/journal-lines.ts";
import type { Reading } from "./journal-reading.ts";
import type { Round } from "./journal-round.ts";
import { median, table, thousands } from "./tables.ts";

const isQuick = process.argv.includes("--quick");
const ratePerSec = 5_000;
const [rounds, seconds, entries] = isQuick ? [1, 3, 200_000] : [5, 15, 10_000_000];

/** Runs one of our files in a process of its own and gives what it printed. */
async function measured<Result>(file: string, args: readonly string[]): Promise<Result> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`${file} ended with code ${code}`);
  return JSON.parse(output) as Result;
}

async function writing(folder: string): Promise<string> {
  using target = await NullTarget.start({ protocol: "h1", tls: "none" }, AbortSignal.timeout(10_000));
  const task = [target.origin, String(ratePerSec), String(seconds)];
  const without: Round[] = [];
  const journaled: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    without.push(await measured<Round>("journal-round.ts", task));
    journaled.push(await measured<Round>("journal-round.ts", [...task, join(folder, `journal-${round}.ndjson`)]));
  }
  const middle = (all: readonly Round[], figure: keyof Round): number => median(all.map((round) => round[figure]));
  const row = (name: string, of: (figure: keyof Round) => number): string[] => [
    name,
    thousands(of("ok") / seconds),
    ...(["threadCores", "processCores"] as const).map((figure) => `${(of(figure) * 100).toFixed(1)} %`),
    ...(["lagP50Us", "lagP99Us"] as const).map((figure) => `${thousands(of(figure))} us`),
  ];
  const rows = [
    row("without", (figure) => middle(without, figure)),
    row("with", (figure) => middle(journaled, figure)),
    row("the journal", (figure) => median(journaled.map((round, at) => round[figure] - (without[at]?.[figure] ?? Number.NaN)))),
  ];
  const head = ["journal", "ok/s", "load thread, of a core", "with the pool's threads", "lag p50", "lag p99"];
  return `## ${thousands(ratePerSec)} writes/s, ${rounds} rounds of ${seconds} s in turns, medians\n\n${table(head, rows)}`;
}

/** As two load threads leave it, a second ahead of the replies; every thousandth outcome is unknown. */
function fill(folder: string): number {
  return [0, 1].reduce((bytes, worker) => {
    const path = join(folder, `journal-${worker}.ndjson`);
    const file = openSync(path, "w");
    let text = headerLine;
    for (let n = worker; n < entries + ratePerSec; n += 2) {
      if (n < entries) text += intentLine({ n, op: "report", p: "load", a: 1, u: n % 10_000, key: `20261121-0147-bench-${n}` });
      const done = n - ratePerSec;
      if (done >= 0) text += outcomeLine({ n: done, op: "report", p: "load", a: 1, ...outcomeOf(done) });
      if (text.length < 1_000_000) continue;
      writeSync(file, text);
      text = "";
    }
    writeSync(file, text);
    closeSync(file);
    return bytes + statSync(path).size;
  }, 0);
}

function outcomeOf(n: number): { readonly r: "created" | "unknown"; readonly id?: string; readonly s?: number } {
  return n % 1_000 < 2 ? { r: "unknown" } : { r: "created", id: `r-${n}`, s: 201 };
}

async function reading(folder: string): Promise<string> {
  const megabytes = (bytes: number): string => `${thousands(bytes / 1_000_000)} MB`;
  const bytes = fill(folder);
  const rows: string[][] = [];
  for (const what of ["totals", "created", "open"]) {
    const { found, seconds, peakBytes, idleBytes } = await measured<Reading>("journal-reading.ts", [folder, what]);
    rows.push([
      what,
      thousands(found),
      seconds.toFixed(1),
      thousands((2 * entries) / seconds),
      megabytes(peakBytes),
      megabytes(idleBytes),
    ]);
  }
  const head = ["", "found", "seconds", "lines/s", "peak resident", "before it began"];
  return `## Reading ${thousands(entries)} entries: ${thousands(2 * entries)} lines, ${megabytes(bytes)}\n\n${table(head, rows)}`;
}

const parts = { writing, reading };
const asked = process.argv.slice(2).filter((word) => word !== "--quick");
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}`);
console.log(`Machine: ${cpus().length} x ${cpus()[0]?.model}, Linux ${release()}, Node ${process.versions.node}.\n`);
// Where a run would write, since a folder for temporary files may be in memory, where a sync costs nothing.
mkdirSync("runs", { recursive: true });
for (const [name, part] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const folder = mkdtempSync(join("runs", "bench-journal-"));
  try {
    console.log(`${await part(folder)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
