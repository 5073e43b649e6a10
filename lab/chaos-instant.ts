/** One generator killed at one instant, the service restarted or not, the run cleaned up, and what is then true. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CleanupEntry, CleanupFile } from "../src/model/cleanup.ts";
import type { RunFile } from "../src/model/run.ts";
import { unit } from "../src/model/random.ts";
import { canaryDirs } from "../src/record/canaries.ts";
import { recordFiles } from "../src/record/files.ts";
import { Folder, start } from "../test/cli.ts";
import type { Place } from "./chaos-place.ts";
import type { Truth } from "./chaos-truth.ts";

const scenario = fileURLToPath(new URL("./chaos-scenario.ts", import.meta.url));

/** What is drawn for an instant. */
const draws = { kill: 1, restart: 2, restartAt: 3, how: 4 } as const;
const restartShare = 1 / 3;
/** How long after the kill a restart may still begin: it then meets the cleanup. */
const afterwardsMs = 1_500;
/** Whole lives that may be tried: each is cut short where the service drops the reply to a canary. */
const mostLives = 10;

/** What the generator was doing when it was killed; `ended`: nothing any more, it had come to its end by itself. */
export const phases = ["starting", "handshake", "prepare", "load", "cleanup", "ended"] as const;
export type Phase = (typeof phases)[number];

/** What one instant came to. */
export interface Outcome {
  readonly at: number;
  /** Since the generator's start. */
  readonly killedMs: number;
  readonly phase: Phase;
  readonly restarted: "stopped" | "killed" | null;
  /** Writes of the journal whose outcome nobody was told: they are looked for. */
  readonly unknown: number;
  readonly deleted: number;
  /** Changes of visitors that cleanup has seen, and those of them that it could account for by itself. */
  readonly seen: number;
  readonly explained: number;
  /** Whether cleanup rightly refused to be sure (exit code 4): the service was killed and had lost all that it had accepted of a run. */
  readonly doubted: boolean;
  /** What is left of any run. */
  readonly residue: readonly string[];
  /** What of genuine rows is not as it was. */
  readonly changes: readonly string[];
  /** What else is wrong: how cleanup ended, or what it claims. */
  readonly problems: readonly string[];
}

/** How long a generator lives that nobody kills, in milliseconds. Rejects where none comes to the end of its load, or one leaves something. */
export async function lifetimeMs(place: Place): Promise<number> {
  for (let life = 1; ; life++) {
    using folder = new Folder();
    const startedMs = performance.now();
    const { code, stdout, stderr } = await start(runOf(place, folder), { env: place.env }).ended;
    const livedMs = performance.now() - startedMs;
    if (code === 0 || (code === 5 && folder.runFile.ended?.how === "finished")) return livedMs;
    if (code !== 6 || life === mostLives)
      throw new Error(`a generator that was left alone ended with exit code ${code}:\n${stdout}${stderr}`);
  }
}

/** Instant number `at` of a seed, in a life of `lifeMs`. `before` is what must be true of genuine rows. */
export async function instant(place: Place, before: Truth, seed: number, at: number, lifeMs: number): Promise<Outcome> {
  using folder = new Folder();
  const killedMs = unit(seed, draws.kill, at) * lifeMs;
  const { child, ended } = start(runOf(place, folder), { env: place.env });
  const restarting = restart(place, seed, at, killedMs);
  await sleep(killedMs);
  child.kill("SIGKILL");
  await ended;
  const dir = runDir(folder);
  const phase = child.signalCode === null ? "ended" : phaseOf(dir);
  const cleaned = dir === null ? nothingToClean : await cleanUp(dir, place, restarting);
  const restarted = await restarting;
  return { at, killedMs, phase, restarted, ...(await place.differences(before)), ...cleaned };
}

type Cleaned = Omit<Outcome, "at" | "killedMs" | "phase" | "restarted" | "residue" | "changes">;
const nothingToClean: Cleaned = { unknown: 0, deleted: 0, seen: 0, explained: 0, doubted: false, problems: [] };

function runOf(place: Place, folder: Folder): string[] {
  return ["run", scenario, ...place.flags, "--out", folder.runs];
}

/** In every third instant, at any moment from the generator's start until the cleanup is well under way. */
async function restart(place: Place, seed: number, at: number, killedMs: number): Promise<Outcome["restarted"]> {
  if (unit(seed, draws.restart, at) >= restartShare) return null;
  const how = unit(seed, draws.how, at) < 0.5 ? "stopped" : "killed";
  await sleep(unit(seed, draws.restartAt, at) * (killedMs + afterwardsMs));
  await place.restart(how);
  return how;
}

/** Null where nothing was begun: no byte was sent then. */
function runDir({ runs }: Folder): string | null {
  const [run] = existsSync(runs) ? readdirSync(runs) : [];
  return run === undefined || !existsSync(join(runs, run, recordFiles.run)) ? null : join(runs, run);
}

function phaseOf(dir: string | null): Phase {
  if (dir === null) return "starting";
  const run = JSON.parse(readFileSync(join(dir, recordFiles.run), "utf8")) as RunFile;
  if (run.ended !== null) return "cleanup";
  if (run.steps.some(({ startUs }) => startUs !== null)) return "load";
  if (run.handshake !== undefined) return "prepare";
  return canaryDirs(dir).length > 0 ? "handshake" : "starting";
}

/** `peakproof cleanup`: it must end well and say what is true. */
async function cleanUp(dir: string, place: Place, restarting: Promise<Outcome["restarted"]>): Promise<Cleaned> {
  const { code, stdout, stderr } = await start(["cleanup", dir], { env: place.env }).ended;
  const entries = entriesOf(dir);
  const sum = (of: (entry: CleanupEntry) => number): number => entries.reduce((total, entry) => total + of(entry), 0);
  const unverified = entries.filter((entry) => !entry.verified && !isUnsure(entry, place));
  const doubted = (await restarting) === "killed" && code === 4 && unverified.length > 0 && unverified.every(hasLostAll);
  const stores = entries.flatMap((entry) => entry.stores);
  const seen = stores.reduce((total, { changesTotal }) => total + changesTotal, 0);
  const problems = [
    ...(code === 0 ? [] : [`cleanup ended with exit code ${code}: ${stdout}\n${stderr}`]),
    ...unverified.map(({ plan, stores }) => `not verified: ${plan.runId}: ${JSON.stringify(stores)}`),
  ];
  return {
    unknown: sum(({ plan }) => plan.unknown),
    deleted: sum(({ deleted }) => deleted),
    seen,
    explained: seen - stores.reduce((total, { unexplained }) => total + unexplained, 0),
    doubted,
    problems: doubted ? [] : problems,
  };
}

/** Nothing was found of what the target had accepted: a service that is killed takes what it has not stored with it. */
function hasLostAll({ stores }: CleanupEntry): boolean {
  return stores.some(({ problems }) => problems.some((problem) => problem.includes("but holds no row of it")));
}

/** Where visitors write, cleanup may say that it cannot account for their rows, and no more. */
function isUnsure({ untagged, residue, stores }: CleanupEntry, { hasVisitors }: Place): boolean {
  return hasVisitors && untagged === "changed-by-others" && residue === 0 && stores.every(({ ours }) => ours === 0);
}

/** The last word on the run, and on each of its canaries that was sent. */
function entriesOf(dir: string): CleanupEntry[] {
  return [dir, ...canaryDirs(dir)].flatMap((one) => {
    const path = join(one, recordFiles.cleanup);
    if (!existsSync(path)) return [];
    const { entries } = JSON.parse(readFileSync(path, "utf8")) as CleanupFile;
    return entries.slice(-1);
  });
}
