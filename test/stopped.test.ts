/** Runs that do not come to their end: what was stopped or killed is cleaned up all the same. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import { Folder, peakproof, start, until } from "./cli.ts";
import { requestsCounted } from "./service-requests.ts";

const everyday = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));
const visiting = fileURLToPath(new URL("../scenarios/health-code/journey.ts", import.meta.url));
let service: RunningService;
beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0 });
});
afterAll(() => service.stop());

const at = (): string[] => ["--target", service.url, "--admin", service.adminUrl];

describe("a run that does not end well", () => {
  it("killed midway, leaves a record from which cleanup finishes the job", async () => {
    using folder = new Folder();
    const { child, ended } = start(["run", everyday, ...at(), "--out", folder.runs]);
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
    const { child, ended } = start(["run", everyday, ...at(), "--hold", "60s", "--out", folder.runs]);
    await until(() => folder.hasBegun(1));
    child.kill("SIGINT");
    const loadAtStop = await requestsCounted(service, "load");
    const { code, stderr } = await ended;
    expect(stderr).toContain("stopping the load");
    expect(code).toBe(130);
    expect((await requestsCounted(service, "load")) - loadAtStop).toBeLessThan(100);
    expect(folder.runFile.ended).toMatchObject({ how: "interrupted", reason: "stopped by SIGINT" });
    expect(folder.cleanupFile.entries[0]).toMatchObject({ residue: 0, verified: true });
  });

  it("is not swept while it is still going on", async () => {
    using folder = new Folder();
    const { child, ended } = start(["run", everyday, ...at(), "--hold", "60s", "--out", folder.runs]);
    await until(() => folder.hasBegun(0));
    const refused = await peakproof("cleanup", folder.run);
    expect(refused.code).toBe(2);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  it("stopped by Ctrl-C in the middle of a ramp, ends there, and what was written is removed", async () => {
    using folder = new Folder();
    const path = folder.file(
      "rising.ts",
      `import { defineScenario } from "peakproof";
       import everyday from ${JSON.stringify(everyday)};
       const load = { peak: { ratePerSec: 50 }, stages: [{ multiple: 1, hold: "1s" }, { multiple: 3, ramp: "60s", hold: "60s" }] };
       export default defineScenario({ ...everyday, load, budgets: [] });`,
    );
    const { child, ended } = start(["run", path, ...at(), "--out", folder.runs, "--no-calibration"]);
    await until(() => folder.hasBegun(1));
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(folder.runFile.ended).toMatchObject({ how: "interrupted" });
    expect(folder.runFile.steps.map(({ startUs }) => startUs !== null)).toEqual([true, true, false]);
    expect(folder.cleanupFile.entries.at(-1)).toMatchObject({ residue: 0, verified: true });
  });

  it("stopped by Ctrl-C, stops journeys whose users are in the middle of a thought, and is cleaned up", async () => {
    using folder = new Folder();
    const flags = `${at().join(" ")} --var pool=10 --seed 2 --peak 80 --multiples 1 --warmup 0s --hold 60s`;
    const { child, ended } = start(`run ${visiting} ${flags} --no-calibration --out ${folder.runs}`.split(" "));
    await until(() => folder.hasBegun(0));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(folder.runFile.ended).toMatchObject({ how: "interrupted" });
    expect(folder.cleanupFile.entries.at(-1)).toMatchObject({ residue: 0, verified: true });
  });
});
