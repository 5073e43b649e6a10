import { Command } from "commander";
import { concludeAgain } from "./conclude.ts";
import { faultText } from "./fault-text.ts";
import { printSummary } from "./print.ts";

/** `peakproof check <run>`. */
export function checkCommand(): Command {
  return new Command("check")
    .description("judge the budgets of a run record again; the exit code says whether they hold")
    .argument("<run>", "a run folder")
    .option("--json", "print the summary (peakproof.summary/1) on stdout and nothing else")
    .action(async (dir: string, flags: { readonly json?: boolean }) => {
      const { diskFaults, ...concluded } = await concludeAgain(dir);
      // A verdict needs no disk: an archive that is read-only can be checked all the same.
      for (const fault of diskFaults) process.stderr.write(`${faultText(fault)}\n`);
      printSummary(concluded, { json: flags.json ?? false });
    });
}
