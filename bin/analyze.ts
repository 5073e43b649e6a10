import { Command } from "commander";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { judge, refuseSweep } from "./conclude.ts";
import { printJson } from "./print.ts";
import { findingsText } from "../src/report/verdict-text.ts";
import { usesColours } from "./print.ts";

/** `peakproof analyze <run>`. */
export function analyzeCommand(): Command {
  return new Command("analyze")
    .description("judge a run record again: what breaks first, and why")
    .argument("<run>", "a run folder, such as runs/20261121-014233-9f3a01bc")
    .option("--json", "print the verdict (peakproof.verdict/1) on stdout and nothing else")
    .action(async (dir: string, flags: { readonly json?: boolean }) => {
      refuseSweep(dir);
      const { verdict } = judge(await readRecord(dir), new DiskTrouble());
      if (flags.json === true) printJson(verdict);
      else process.stdout.write(`${findingsText(verdict, process.stdout.columns || 100, usesColours())}\n`);
    });
}
