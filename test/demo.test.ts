/** The README's first command, as a stranger runs it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { VitalSample } from "../src/model/vitals.ts";
import { Folder, start, summaryOf } from "./cli.ts";

it("tells its story in under a minute: holds, breaks, names the full core with evidence, cleans, reports", async () => {
  using folder = new Folder();
  const startedMs = Date.now();
  const ended = await start(["demo", "--out", folder.runs, "--json"]).ended;
  const tookMs = Date.now() - startedMs;
  const summary = summaryOf(ended);
  expect(summary.findings[0]?.code, summary.answer.sentence).toBe("SINGLE_CORE_SATURATED");
  expect(summary.answer.holdsMultiple).toBeGreaterThanOrEqual(1);
  expect(summary.answer.breaksAt).toBeGreaterThan(summary.answer.holdsMultiple ?? 0);
  expect(summary.cleanup).toMatchObject({ residue: 0, untagged: "unchanged", verified: true });
  expect(ended.code).toBe(0);
  expect(tookMs).toBeLessThan(60_000);

  const evidence = summary.findings[0]!.evidence.find(({ signal }) => signal.startsWith("thread/"))!;
  const source = evidence.signal.split(" ")[0];
  const lines = readFileSync(join(folder.run, "vitals.ndjson"), "utf8").trimEnd().split("\n");
  const samples = lines
    .map((line) => JSON.parse(line) as VitalSample)
    .filter((sample) => sample.source === source && sample.signal === "cpu.cores");
  expect(Math.max(...samples.map((sample) => sample.value))).toBeGreaterThanOrEqual(evidence.measured);
  expect(folder.cleanupFile.entries).toHaveLength(1);
  expect(readFileSync(join(folder.run, "report.html"), "utf8")).toContain("SINGLE_CORE_SATURATED");
}, 120_000);
