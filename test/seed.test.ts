/** What a seed decides, it decides again. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startService } from "../service/index.ts";
import { Folder, peakproof, summaryOf } from "./cli.ts";

const everyday = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));
const flags = "--multiples 1 --hold 2s --warmup 0s --seed 42 --json".split(" ");

/** What a run of a service of its own sent and wrote. */
async function sentBy(workers: string): Promise<{ hash: string; perStep: number[]; created: number }> {
  using folder = new Folder();
  const service = await startService({ port: 0, adminPort: 0 });
  const at = ["--target", service.url, "--admin", service.adminUrl, "--out", folder.runs];
  const ended = await peakproof("run", everyday, ...at, ...flags, "--workers", workers);
  await service.stop();
  const summary = summaryOf(ended);
  expect(folder.runFile.ended?.how).toBe("finished");
  return { hash: summary.scheduleHash, perStep: summary.steps.map((step) => step.sent), created: summary.cleanup!.created };
}

it("sends the same requests for the same seed, with one worker and with two", async () => {
  const [first, second, shared] = await Promise.all([sentBy("1"), sentBy("1"), sentBy("2")]);
  expect(second).toEqual(first);
  expect(shared).toEqual(first);
});
