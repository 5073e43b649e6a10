import { Command, Option } from "commander";
import { describeProof, isIncomplete, refuseLiveRun, trustedAgain, type TrustFlags } from "../cleanup/index.ts";
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
    .addOption(
      new Option("--insecure", "do not verify the admin address's certificate; needed again where the run did not").conflicts(
        "ca",
      ),
    )
    .option("--ca <file>", "PEM file of who vouches for it, instead of the run's")
    .option("--cert <file>", "PEM file of a client certificate, instead of the run's")
    .option("--key <file>", "PEM file of its key, instead of the run's")
    .option("--json", "print the entry of cleanup.json on stdout and nothing else")
    .addHelpText(
      "after",
      `
Examples:
  $ peakproof cleanup runs/20261121-1400-abc --dry-run
  $ peakproof cleanup runs/20261121-1400-abc --insecure
  $ peakproof cleanup /mnt/ci/runs/20261121-1400-abc --allow staging.internal --ca ./staging-ca.pem

What the run trusted is in its run.json: --ca, --cert and --key stand in for files that were on another machine.
Exit codes: 0 nothing is left, 2 usage, 4 cleanup incomplete.`,
    )
    .action(cleanUpRun);
}

interface CleanupFlags extends TrustFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly allow: readonly string[];
}

async function cleanUpRun(dir: string, flags: CleanupFlags): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const read = await readRecord(dir);
  for (const { file, problem } of read.problems) say(`${file}: ${problem}`);
  refuseLiveRun(read.run);
  const record = { ...read, run: trustedAgain(read.run, flags) };
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
