/** The whole line against the real service: from `run` to residue 0. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import { Folder, peakproof, start, summaryOf, until } from "./cli.ts";

const scenario = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));
let service: RunningService;
beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0 });
});
afterAll(() => service.stop());

const at = (): string[] => ["--target", service.url, "--admin", service.adminUrl];

/** The target's own count of requests, by purpose. */
async function countedByTarget(purpose: string): Promise<number> {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("health_code_requests_total{") && line.includes(`purpose="${purpose}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("a run of a healthy service", () => {
  it("passes, names no problem, cleans up with proof, and sent what the target itself counted", async () => {
    using folder = new Folder();
    const before = await countedByTarget("load");
    const ended = await peakproof("run", scenario, ...at(), "--out", folder.runs, "--json");
    const summary = summaryOf(ended);
    expect(summary.exitReasons).toEqual([]);
    expect(ended.code).toBe(0);
    expect(summary.findings.filter((finding) => finding.severity === "problem")).toEqual([]);
    expect(summary.answer).toMatchObject({ holdsMultiple: 2, breaksAt: null, cause: null });
    expect(summary.validity.grade).toBe("valid");
    expect(summary.steps.map(({ role, multiple }) => `${role} ${multiple}x`)).toEqual(["step 1x", "step 2x", "repeat 1x"]);
    expect(summary.cleanup).toMatchObject({ residue: 0, untagged: "unchanged", verified: true, unknown: 0 });
    expect(summary.cleanup!.created).toBeGreaterThan(300);
    expect((await countedByTarget("load")) - before).toBe(summary.totals.load!.sent);
    expect(summary.totals.load!.sent).toBe(summary.steps.reduce((sum, step) => sum + step.sent, 0));
    for (const name of [
      "run.json",
      "series.ndjson",
      "vitals.ndjson",
      "events.ndjson",
      "latency.hlog",
      "journal-0.ndjson",
      "samples.ndjson",
      "verdict.json",
      "cleanup.json",
      "summary.json",
      "report.html",
    ]) {
      expect(existsSync(join(folder.run, name)), name).toBe(true);
    }
  });

  it("sends the same requests for the same seed, with one worker and with two", async () => {
    const run = async (workers: string): Promise<{ hash: string; perStep: number[]; created: number }> => {
      using folder = new Folder();
      const ended = await peakproof(
        "run",
        scenario,
        ...at(),
        "--multiples",
        "1",
        "--hold",
        "2s",
        "--warmup",
        "0s",
        "--seed",
        "42",
        "--workers",
        workers,
        "--out",
        folder.runs,
        "--json",
      );
      const summary = summaryOf(ended);
      const warnings = folder.runFile.ended;
      expect(warnings?.how).toBe("finished");
      return { hash: summary.scheduleHash, perStep: summary.steps.map((step) => step.sent), created: summary.cleanup!.created };
    };
    const [first, second, shared] = [await run("1"), await run("1"), await run("2")];
    expect(second).toEqual(first);
    expect(shared).toEqual(first);
  });
});

describe("trying a scenario", () => {
  it("shows one request per operation and its reply, removes what they wrote, and leaves no folder", async () => {
    using folder = new Folder();
    const { code, stdout, stderr } = await peakproof("try", scenario, ...at(), "--out", folder.runs);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const operation of ["citizen (write): ok", "scan (read): ok", "checkin (write): ok", "report (write): ok"]) {
      expect(stdout).toContain(operation);
    }
    expect(stdout).toContain("< HTTP/1.1 201 Created");
    expect(stdout).toContain("> x-synthetic-purpose: probe");
    expect(stdout).toContain("Residue: 0 rows");
    expect(readdirSync(folder.runs)).toEqual([]);
  });
});

describe("a run that does not end well", () => {
  it("killed midway, leaves a record from which cleanup finishes the job", async () => {
    using folder = new Folder();
    const { child, ended } = start(["run", scenario, ...at(), "--out", folder.runs]);
    await until(() => folder.hasBegun(1));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill("SIGKILL");
    await ended;
    expect(folder.runFile.ended).toBeNull();

    const dry = await peakproof("cleanup", folder.run, "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("DELETE");
    const cleaned = await peakproof("cleanup", folder.run);
    expect(cleaned.stdout).toContain("Residue: 0 rows");
    expect(cleaned.code).toBe(0);
    const [entry] = folder.cleanupFile.entries;
    expect(entry).toMatchObject({ residue: 0, untagged: "unchanged", verified: true });
    expect(entry!.deleted).toBeGreaterThan(300);

    const again = await peakproof("cleanup", folder.run);
    expect(again.code).toBe(0);
    expect(folder.cleanupFile.entries[1]).toMatchObject({ deleted: 0, residue: 0 });

    const report = await peakproof("report", folder.run);
    expect(report.code).toBe(0);
    expect(existsSync(join(folder.run, "report.html"))).toBe(true);
  });

  it("stopped by Ctrl-C, stops the load at once, keeps the record and still cleans up", async () => {
    using folder = new Folder();
    const { child, ended } = start(["run", scenario, ...at(), "--hold", "60s", "--out", folder.runs]);
    await until(() => folder.hasBegun(1));
    child.kill("SIGINT");
    const loadAtStop = await countedByTarget("load");
    const { code, stderr } = await ended;
    expect(stderr).toContain("stopping the load");
    expect(code).toBe(130);
    expect((await countedByTarget("load")) - loadAtStop).toBeLessThan(100);
    expect(folder.runFile.ended).toMatchObject({ how: "interrupted", reason: "stopped by SIGINT" });
    expect(folder.cleanupFile.entries[0]).toMatchObject({ residue: 0, verified: true });
  });

  it("is not swept while it is still going on", async () => {
    using folder = new Folder();
    const { child, ended } = start(["run", scenario, ...at(), "--hold", "60s", "--out", folder.runs]);
    await until(() => folder.hasBegun(0));
    const refused = await peakproof("cleanup", folder.run);
    expect(refused.code).toBe(2);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });
});
