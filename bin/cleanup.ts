import { Command, Option } from "commander";
import { describeBriefly, describeProof, isIncomplete, mayHaveLeft } from "../cleanup/index.ts";
import { exitCodes } from "../src/model/exit.ts";
import { Fault, messageOf } from "../src/model/fault.ts";
import { canaryDirs } from "../src/record/canaries.ts";
import { readTraces } from "../src/record/reader.ts";
import { cleanUpAll } from "./cleanup-all.ts";
import { allowOption, duration } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { printJson } from "./print.ts";
import { sweepAgain, type SweepFlags } from "./sweep-again.ts";
import { sweepTogether } from "./sweep-together.ts";

/** `peakproof cleanup <run>` and `peakproof cleanup --all`. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("remove what a run left, also after it was killed, and prove that nothing is left")
    .argument("[run]", "a run folder; or --all")
    .option("--all", "every run of the runs folder that may have left something and is not going on, one after the other")
    .addOption(new Option("--out <folder>", "with --all: where run folders are").default("runs").env("PEAKPROOF_OUT"))
    .addOption(
      new Option("--older-than <duration>", "with --all: only runs that began longer ago, such as 7d").argParser(duration),
    )
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
    .option(
      "--scenario <file>",
      "the scenario that ran, where undo or a custom store needs it and it is not below the working folder",
    )
    .option("--json", "print the entry of cleanup.json on stdout and nothing else; with --all an array of {run, entry, problem}")
    .addHelpText(
      "after",
      `
Examples:
  $ peakproof cleanup runs/20261121-1400-abc --dry-run
  $ peakproof cleanup runs/20261121-1400-abc --insecure
  $ peakproof cleanup /mnt/ci/runs/20261121-1400-abc --allow staging.internal --ca ./staging-ca.pem
  $ peakproof cleanup --all --dry-run
  $ peakproof cleanup --all --out /mnt/ci/runs --older-than 7d --allow staging.internal

What the run trusted is in its run.json: --ca, --cert and --key stand in for files that were on another machine.
Exit codes: 0 nothing is left, 2 usage, 4 cleanup incomplete (of any run, with --all).`,
    )
    .action(cleanUp);
}

interface CleanupFlags extends SweepFlags {
  readonly all?: boolean;
  readonly out: string;
  /** Microseconds. */
  readonly olderThan?: number;
}

async function cleanUp(dir: string | undefined, flags: CleanupFlags): Promise<void> {
  using interrupt = new Interrupt(say, ["stopping the cleanup; run it again to finish.", "stopping."]);
  const asked = { ...flags, signal: interrupt.load, say };
  if (flags.all === true && dir === undefined) return await cleanUpAll(asked);
  if (flags.all === true || dir === undefined) throw eitherOr(dir);
  if (flags.olderThan !== undefined) throw new Fault("usage", "--older-than goes with --all", { received: `the run ${dir}` });
  await cleanUpRun(dir, asked);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function eitherOr(dir: string | undefined): Fault {
  return new Fault("usage", "cleanup takes a run folder or --all", {
    received: dir === undefined ? "neither" : `${dir} and --all`,
    fix: "peakproof cleanup runs/<runId>, or peakproof cleanup --all --dry-run",
  });
}

async function cleanUpRun(dir: string, flags: CleanupFlags & { readonly signal: AbortSignal }): Promise<void> {
  const read = await readTraces(dir);
  for (const { file, problem } of read.problems) say(`${file}: ${problem}`);
  const { entry, diskFaults } = await sweepAgain(read, flags, { signal: flags.signal, onProgress: say }).catch(
    async (thrown: unknown) => {
      // What keeps the run from being swept need not keep its canaries, and weighs more than what becomes of them.
      await finishCanaries(dir, flags).catch((failed: unknown) => say(`canaries: ${messageOf(failed)}`));
      throw thrown;
    },
  );
  if (entry === undefined) return;
  const canaries = await finishCanaries(dir, flags);
  if (flags.json === true) printJson(entry);
  else process.stdout.write(`${describeProof(entry, canaries.left).join("\n")}\n`);
  if (isIncomplete(entry) || canaries.left > 0) process.exitCode = exitCodes.cleanupIncomplete;
  for (const fault of [...diskFaults, ...canaries.diskFaults]) throw fault;
}

/** Those of a handshake that was killed, or could not remove them, are runs of their own, within the run's folder. */
async function finishCanaries(dir: string, { signal, ...flags }: CleanupFlags & { readonly signal: AbortSignal }) {
  const reads = (await Promise.all(canaryDirs(dir).map((canary) => readTraces(canary)))).filter(mayHaveLeft);
  const swept = await sweepTogether(reads, async (read, together) => {
    const again = await sweepAgain(read, flags, { signal, onProgress: () => undefined, together });
    if (again.entry !== undefined) say(`${read.dir}: ${describeBriefly(again.entry)}`);
    return again;
  });
  return {
    left: swept.filter(({ entry }) => entry === undefined || isIncomplete(entry)).length,
    diskFaults: swept.flatMap(({ diskFaults }) => diskFaults),
  };
}
