/** The whole line against the real service: from `run` to residue 0. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import { Folder, peakproof, summaryOf } from "./cli.ts";
import { requestsCounted } from "./service-requests.ts";

const scenario = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));
let service: RunningService;
beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0 });
});
afterAll(() => service.stop());

const at = (): string[] => ["--target", service.url, "--admin", service.adminUrl];

describe("a run of a healthy service", () => {
  it("passes, names no problem, cleans up with proof, and sent what the target itself counted", async () => {
    using folder = new Folder();
    const before = await requestsCounted(service, "load");
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
    expect((await requestsCounted(service, "load")) - before).toBe(summary.totals.load!.sent);
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
});
