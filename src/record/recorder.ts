import { mkdirSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { Buckets } from "../measure/buckets.ts";
import type { RunEvent } from "../model/events.ts";
import { Fault } from "../model/fault.ts";
import type { RunFile } from "../model/run.ts";
import type { RequestSample } from "../model/sample.ts";
import type { SeriesPoint } from "../model/series.ts";
import type { VitalSample } from "../model/vitals.ts";
import { redact } from "../safety/redact.ts";
import { LineFile, diskFault, recordFiles, writeJson } from "./files.ts";
import { hlogHead, hlogLine } from "./hlog.ts";

/** Names of signals that are remembered: more than a page may show (500), and a target that invents new ones costs no memory. */
const signalsKeptMax = 5_000;

/** Writes one run directory while the run goes on. Every method throws a disk Fault when the disk refuses. */
export class RunRecorder {
  readonly dir: string;
  #run: RunFile;
  readonly #series: LineFile;
  readonly #vitals: LineFile;
  readonly #events: LineFile;
  readonly #samples: LineFile;
  readonly #latency: LineFile;
  readonly #signals = new Map<string, string>();

  /** Creates `dir`, which must not hold a run yet, and writes the first `run.json`. */
  constructor(dir: string, run: RunFile) {
    this.dir = dir;
    this.#run = run;
    createRunDirectory(dir);
    this.#series = new LineFile(join(dir, recordFiles.series));
    this.#vitals = new LineFile(join(dir, recordFiles.vitals));
    this.#events = new LineFile(join(dir, recordFiles.events));
    this.#samples = new LineFile(join(dir, recordFiles.samples));
    this.#latency = new LineFile(join(dir, recordFiles.latency));
    this.#latency.appendText(hlogHead(new Date(run.startedAt)));
    this.update({});
  }

  get run(): RunFile {
    return this.#run;
  }

  /** Rewrites `run.json` with some fields changed. */
  update(changed: Partial<RunFile>): void {
    this.#run = { ...this.#run, ...changed };
    writeJson(join(this.dir, recordFiles.run), this.#run);
  }

  second(point: SeriesPoint): void {
    this.#series.append(point);
  }

  vital(sample: VitalSample): void {
    const { t, source, signal, value } = sample;
    this.#vitals.append({ t: Math.round(t), source, signal: this.#cleanSignal(signal), value: sixDigits(value) });
  }

  /** The target names its metrics, their labels and its timings itself. They are the same each second, so that each is looked at once. */
  #cleanSignal(signal: string): string {
    const known = this.#signals.get(signal);
    if (known !== undefined) return known;
    const clean = redact(signal);
    if (this.#signals.size < signalsKeptMax) this.#signals.set(signal, clean);
    return clean;
  }

  /** The text of a warning may quote anything, a scenario's own error or an address, so secrets are taken out of it here. */
  event(event: RunEvent): void {
    const clean = event.event === "warning" ? { ...event, text: redact(event.text) } : event;
    this.#events.append({ ...clean, t: Math.round(event.t) });
  }

  sample(sample: RequestSample): void {
    this.#samples.append(sample);
  }

  histogram(tag: string, startUs: number, endUs: number, buckets: Buckets): void {
    this.#latency.appendText(hlogLine(tag, startUs, endUs, buckets));
  }

  /** Puts what was appended on its way to the disk: called each second, so that a crash loses at most one. */
  flush(): void {
    for (const file of this.#files) file.flush();
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  get #files(): LineFile[] {
    return [this.#series, this.#vitals, this.#events, this.#samples, this.#latency];
  }
}

/** Vitals are most of a record's bytes, and no sample is known to more than six digits; counts stay whole. */
function sixDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}

function createRunDirectory(dir: string): void {
  if (existsSync(join(dir, recordFiles.run))) {
    throw new Fault("usage", `${dir} already holds a run`, { fix: "give another folder with --out" });
  }
  try {
    mkdirSync(dir, { recursive: true });
    // A probe of one byte: a full or read-only disk must show before the first request, not after.
    writeFileSync(join(dir, recordFiles.events), "", { flag: "a" });
  } catch (thrown) {
    throw diskFault(dir, thrown);
  }
}
