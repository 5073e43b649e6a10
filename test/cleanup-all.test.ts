/** Runs whose cleanup was forgotten, found and swept together. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { CleanupFile } from "../src/model/cleanup.ts";
import type { RunFile } from "../src/model/run.ts";
import { RunLease } from "../src/record/run-lease.ts";
import { Folder, peakproof } from "./cli.ts";
import { sendJson, startTarget, type Target, type Visit } from "./target.ts";

/** Rows of each run, which the target sweeps itself. */
const rows = new Map<string, number>();
let target: Target;
let folder: Folder;
let scenario: string;

beforeAll(async () => {
  target = await startTarget(answer);
  folder = new Folder();
  scenario = folder.file(
    "notes.ts",
    `import { defineScenario } from "peakproof";
     export default defineScenario({
       name: "notes", target: "${target.origin}", load: { peak: { ratePerSec: 20 }, multiples: [1], hold: "1s", warmup: "0s" },
       users: { name: "writers", pool: 10, popularity: "uniform", user: (seed, index) => ({ id: "w-" + index, index }) },
       operations: { note: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/notes" }), expect: { status: 201 } } },
       cleanup: { http: { path: "/synthetic/{run}", settle: "10ms" } },
     });`,
  );
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await target[Symbol.asyncDispose]();
});
beforeEach(() => rmSync(folder.runs, { recursive: true, force: true }));

function answer({ method, path, headers }: Visit, reply: ServerResponse): void {
  const run = /^\/synthetic\/([^?]+)/.exec(path)?.[1];
  if (run === undefined) {
    const writer = String(headers["x-synthetic-run"]);
    if (method === "POST") rows.set(writer, (rows.get(writer) ?? 0) + 1);
    return sendJson(reply, {}, method === "POST" ? 201 : 200);
  }
  if (method === "DELETE") rows.set(run, 0);
  const untagged = { count: 3, checksum: "aa" };
  sendJson(reply, { run, rows: { notes: rows.get(run) ?? 0 }, untagged, tombstoned: method === "DELETE" || rows.get(run) === 0 });
}

/** Makes a run, and leaves what it wrote. */
async function forgottenRun(...flags: readonly string[]): Promise<string> {
  const before = new Set(existsSync(folder.runs) ? readdirSync(folder.runs) : []);
  const { code, stderr } = await peakproof("run", scenario, "--out", folder.runs, ...flags);
  expect(code, stderr).toBe(0);
  const run = readdirSync(folder.runs).find((name) => !before.has(name)) ?? "";
  return join(folder.runs, run);
}

const all = (...flags: readonly string[]) => peakproof("cleanup", "--all", "--out", folder.runs, ...flags);
const cleanupOf = (run: string): CleanupFile => JSON.parse(readFileSync(join(run, "cleanup.json"), "utf8")) as CleanupFile;
const runFileOf = (run: string): RunFile => JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as RunFile;

it("sweeps what was forgotten and nothing else, and finds nothing the second time", async () => {
  const forgotten = [await forgottenRun("--no-cleanup"), await forgottenRun("--no-cleanup")];
  const swept = await forgottenRun();
  const [first = "", second = ""] = forgotten;
  writeFileSync(
    join(second, "run.json"),
    JSON.stringify({ ...runFileOf(second), startedAt: new Date(Date.now() - 8 * 86_400_000).toISOString() }),
  );

  const dry = await all("--dry-run");
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("3 records looked at: 2 may have left something") });
  expect(dry.stdout).toMatch(/notes \d+\) in http; nothing was removed/);
  const old = await all("--older-than", "7d");
  expect(old).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 record looked at: 1 may have left something; 1 clean now"),
  });
  expect(old.stdout).toContain(second);
  expect([...rows.values()].filter((count) => count > 0)).toHaveLength(1);

  const rest = await all();
  expect(rest.stdout).toContain(first);
  expect(rest).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("3 records looked at: 1 may have left something; 1 clean now, 0 not"),
  });
  expect([...rows.values()].every((count) => count === 0)).toBe(true);
  expect(cleanupOf(swept).entries).toHaveLength(1);
  expect((await all()).stdout).toBe("3 records looked at: none may have left anything.\n");
});

it("sweeps the others where a record is damaged in a way that nobody foresaw", async () => {
  const damaged = await forgottenRun("--no-cleanup");
  const good = await forgottenRun("--no-cleanup");
  writeFileSync(
    join(damaged, "cleanup.json"),
    JSON.stringify({ schema: "peakproof.cleanup/2", baseline: null, entries: [null] }),
  );
  const { code, stdout } = await all();
  expect(code).toBe(4);
  expect(stdout).toMatch(new RegExp(`${damaged}: .+\n${good}: \\d+ rows? removed`));
  expect(stdout).toContain("2 records looked at: 2 may have left something; 1 clean now, 1 not");
});

it("leaves alone what is still going on, goes on after a run that cannot be swept, and says so in its exit code", async () => {
  const broken = await forgottenRun("--no-cleanup");
  const live = await forgottenRun("--no-cleanup");
  const good = await forgottenRun("--no-cleanup");
  const { plan, machine } = runFileOf(broken);
  writeFileSync(join(broken, "run.json"), JSON.stringify({ ...runFileOf(broken), plan: { ...plan, admin: "http://192.0.2.1" } }));
  const elsewhere = { ended: null, machine: { ...machine, hostname: "elsewhere" } };
  writeFileSync(join(live, "run.json"), JSON.stringify({ ...runFileOf(live), ...elsewhere }));

  const { code, stdout, stderr } = await all("--json");
  expect(code).toBe(4);
  const outcomes = JSON.parse(stdout) as { run: string; entry: { verified: boolean } | null; problem: string | null }[];
  expect(outcomes.map(({ run, entry }) => [run, entry?.verified ?? null])).toEqual([
    [broken, null],
    [good, false],
  ]);
  expect(outcomes[0]?.problem).toContain("--allow 192.0.2.1");
  expect(stderr).toMatch(/left alone: run \S+ seems to be still going on, on host elsewhere/);
});

it("leaves a run alone that somebody else is cleaning up, and says who", async () => {
  const run = await forgottenRun("--no-cleanup");
  {
    using _held = RunLease.take(run, "cleanup");
    const refused = await peakproof("cleanup", run);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`process ${process.pid}`) });
    const { code, stderr } = await all();
    expect(code).toBe(0);
    expect(stderr).toContain("left alone: the run is being cleaned up already");
    expect(existsSync(join(run, "cleanup.json"))).toBe(false);
  }
  expect((await all()).stdout).toContain("1 clean now, 0 not");
  expect(existsSync(join(run, "lease.json"))).toBe(false);
});

it("removes nothing by a run id that no run has", async () => {
  const run = await forgottenRun("--no-cleanup");
  writeFileSync(join(run, "run.json"), JSON.stringify({ ...runFileOf(run), runId: "paid" }));
  rows.set("paid", 7);
  const refused = await peakproof("cleanup", run);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("no run id that Peakproof makes") });
  expect(rows.get("paid")).toBe(7);
});

it("sweeps the canaries of a run also where the run itself cannot be swept", async () => {
  const run = await forgottenRun("--no-cleanup");
  const { plan, runId } = runFileOf(run);
  const canary = join(run, "canary", "1");
  mkdirSync(canary, { recursive: true });
  copyFileSync(join(run, "journal-0.ndjson"), join(canary, "journal-0.ndjson"));
  writeFileSync(join(canary, "run.json"), JSON.stringify({ ...runFileOf(run), runId: `${runId}-c1` }));
  writeFileSync(join(run, "run.json"), JSON.stringify({ ...runFileOf(run), plan: { ...plan, admin: "http://192.0.2.1" } }));
  rows.set(`${runId}-c1`, 2);
  const { code, stderr } = await peakproof("cleanup", run);
  expect(code).toBe(2);
  expect(stderr).toContain("--allow 192.0.2.1");
  expect(rows.get(`${runId}-c1`)).toBe(0);
});

it("runs the code of a scenario from elsewhere only where that is named by hand", async () => {
  const text = readFileSync(scenario, "utf8");
  const write = 'created: () => "n-1", undo: (id) => ({ method: "DELETE", path: "/notes/" + id }), kind: "write"';
  const undoing = folder.file(
    "undoing.ts",
    text.replace('kind: "write"', write).replace(/cleanup: \{ http: .*\},\n/, 'cleanup: { undo: { settle: "10ms" } },\n'),
  );
  const before = await peakproof("run", undoing, "--out", folder.runs, "--no-cleanup");
  expect(existsSync(folder.runs), before.stderr).toBe(true);
  const refused = await peakproof("cleanup", folder.run);
  expect(refused).toMatchObject({ code: 4, stdout: expect.stringContaining("--scenario <file>") });
  expect(folder.cleanupFile.entries.at(-1)?.deleted).toBe(0);
  await peakproof("cleanup", folder.run, "--scenario", undoing);
  expect(folder.cleanupFile.entries.at(-1)?.deleted).toBeGreaterThan(0);
});

it("takes a run or --all, and no other mixture", async () => {
  expect(await peakproof("cleanup")).toMatchObject({ code: 2, stderr: expect.stringContaining("a run folder or --all") });
  expect(await peakproof("cleanup", "runs/x", "--all")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("runs/x and --all"),
  });
  expect(await peakproof("cleanup", "runs/x", "--older-than", "7d")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--all"),
  });
  expect(await peakproof("cleanup", "--all", "--out", join(folder.path, "nowhere"))).toMatchObject({ code: 2 });
});
