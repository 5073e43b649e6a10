/** The right cause, and no other, from the real service with one fault at a time. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startService, type ServiceConfig } from "../service/index.ts";
import type { Summary } from "../src/model/summary.ts";
import { Folder, peakproof, summaryOf } from "./cli.ts";

const scenario = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));

async function runAgainst(config: Partial<ServiceConfig>, ...flags: string[]): Promise<Summary> {
  using folder = new Folder();
  const service = await startService({ port: 0, adminPort: 0, ...config });
  try {
    const ended = await peakproof(
      "run",
      scenario,
      "--target",
      service.url,
      "--admin",
      service.adminUrl,
      "--out",
      folder.runs,
      "--json",
      ...flags,
    );
    return summaryOf(ended);
  } finally {
    await service.stop();
  }
}

const problems = (summary: Summary): string[] =>
  summary.findings.filter((finding) => finding.severity === "problem").map((finding) => finding.code);

it("names the third party, and not the CPU, when the laboratory is slow", async () => {
  const summary = await runAgainst({ laboratoryLatencyMs: 1_200, laboratoryLatencySpread: 0.1, laboratoryTimeoutMs: 5_000 });
  expect(problems(summary)).toEqual(["THIRD_PARTY_LATENCY"]);
  expect(summary.answer.cause).toBe("THIRD_PARTY_LATENCY");
  expect(summary.exitCode).toBe(3);
  const evidence = summary.findings[0]!.evidence.map(({ signal }) => signal).join(" ");
  expect(evidence).toContain("lab");
});

it("names the quota when the gateway refuses what is above its limit", async () => {
  const summary = await runAgainst({ rateLimitPerSec: 150 }, "--multiples", "1,2,4");
  expect(problems(summary)).toEqual(["RATE_QUOTA"]);
  expect(summary.answer).toMatchObject({ holdsMultiple: 1, breaksAt: 2, cause: "RATE_QUOTA" });
});

it("names the queue when check-ins come in faster than they are stored", async () => {
  const summary = await runAgainst({ queueRatePerSec: 5, queueCapacity: 100_000 }, "--multiples", "1,3", "--hold", "6s");
  expect(problems(summary)).toContain("QUEUE_BACKLOG");
});
