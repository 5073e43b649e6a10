import { Command } from "commander";
import { join } from "node:path";
import { recordFiles } from "../src/record/files.ts";
import { concludeAgain } from "./conclude.ts";

/** `peakproof report <run>`. */
export function reportCommand(): Command {
  return new Command("report")
    .description("write report.html, report.csv and summary.json of a run record again, also of a run that crashed")
    .argument("<run>", "a run folder")
    .action(async (dir: string) => {
      const { record, diskFaults } = await concludeAgain(dir);
      for (const fault of diskFaults) throw fault;
      for (const { file, problem } of record.problems) process.stderr.write(`${file}: ${problem}\n`);
      process.stdout.write(`${join(dir, recordFiles.report)}\n`);
    });
}
