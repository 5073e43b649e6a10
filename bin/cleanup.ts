import { Command } from "commander";
import { describeProof, isIncomplete, refuseLiveRun } from "../cleanup/index.ts";
import { exitCodes } from "../src/model/exit.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { sweepRun } from "./conclude.ts";
import { checkAllowed } from "../src/safety/allow.ts";
import { allowOption } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { printJson } from "./print.ts";

/** `peakproof cleanup <run>`. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("remove what a run left, also after it was killed, and prove that nothing is left")
    .argument("<run>", "a run folder")
    .option("--dry-run", "show the plan and what is there; delete nothing")
    .addOption(allowOption())
    .option("--json", "print the entry of cleanup.json on stdout and nothing else")
    .action(cleanUpRun);
}

interface CleanupFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly allow: readonly string[];
}

async function cleanUpRun(dir: string, flags: CleanupFlags): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const record = await readRecord(dir);
  for (const { file, problem } of record.problems) say(`${file}: ${problem}`);
  refuseLiveRun(record.run);
  // A run folder is passed around, and what it says decides where a token is sent.
  await checkAllowed(record.run.plan, flags.allow);
  using interrupt = new Interrupt(say, ["stopping the cleanup; run it again to finish.", "stopping."]);
  const signal = interrupt.load;
  const disk = new DiskTrouble();
  const { entries } = await sweepRun(record, { dryRun: flags.dryRun ?? false, signal, onProgress: say }, disk);
  const entry = entries.at(-1);
  if (entry === undefined) return;
  if (flags.json === true) printJson(entry);
  else process.stdout.write(`${describeProof(entry).join("\n")}\n`);
  if (flags.dryRun !== true && isIncomplete(entry)) process.exitCode = exitCodes.cleanupIncomplete;
  for (const fault of disk.faults) throw fault;
}
