import { Command, InvalidArgumentError, Option } from "commander";
import { exitCodes } from "../src/model/exit.ts";
import type { SaturationFile } from "../src/model/saturation.ts";
import { Lease } from "../src/safety/lease.ts";
import { saturationText, startLine, stepLine } from "../src/saturate/text.ts";
import { confirmHosts } from "./confirm.ts";
import { explain } from "./fault-text.ts";
import { addScenarioFlags, duration, overridesOf, whole } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { leaseHeaders } from "./lease-headers.ts";
import { openLines } from "./live-lines.ts";
import { preflight } from "./preflight.ts";
import { printJson, usesColours } from "./print.ts";
import { saturate, type Saturated } from "./saturate-session.ts";

interface SaturateFlags {
  readonly operation?: string;
  readonly connections: number;
  readonly hold: number;
  readonly workers: number;
  readonly target?: string;
  readonly admin?: string;
  readonly insecure?: boolean;
  readonly seed?: number;
  readonly var?: Readonly<Record<string, string>>;
  readonly out: string;
  readonly allow: readonly string[];
  readonly confirm: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Autocannon clones its options for each connection, and no bottleneck that a closed loop finds needs more. */
const connectionsMost = 1_024;
const workersMost = 64;

/** `peakproof saturate <scenario>`. */
export function saturateCommand(): Command {
  const command = new Command("saturate")
    .description(
      "find the ceiling of one read, and what kind of limit it is, with a closed loop of 1, 2, 4 ... connections: some 10 s",
    )
    .argument("<scenario>", "a scenario file, such as scenarios/health-code/mixed.ts")
    .option("--operation <name>", "the read to ask (default: the one of highest weight)")
    .addOption(
      new Option("--connections <most>", "the most connections at once").argParser(between(1, connectionsMost)).default(64),
    )
    .addOption(
      new Option("--hold <duration>", "the least that each step is measured for").argParser(window).default(1_000_000, "1s"),
    )
    .addOption(
      new Option("--workers <count>", "autocannon threads; one does some 15,000/s, and takes a core for it")
        .argParser(between(1, workersMost))
        .default(1),
    )
    .addOption(new Option("--target <url>", "what to ask (default: the scenario's)").env("PEAKPROOF_TARGET"))
    .addOption(new Option("--admin <url>", "where cleanup lives (default: the scenario's)").env("PEAKPROOF_ADMIN"))
    .option("--insecure", "an https target may be spoken to: autocannon verifies no certificate; never by environment")
    .addOption(new Option("--seed <number>", "same seed, same users").argParser(whole).env("PEAKPROOF_SEED"))
    .option("--json", "print the document (peakproof.saturate/1) on stdout and nothing else")
    .option("--quiet", "no line per step")
    .addHelpText("after", teaching);
  addScenarioFlags(command);
  return command.action(run);
}

const teaching = `
Each connection asks again as soon as it has its reply. With N of them, X(N) is what is answered per second and R(N) how
long it takes. S1 is R with one connection, X_max the plateau, and c = X_max x S1 how many are served side by side.

What it reads from that:
  rising to the end                    no limit found up to N
  flat, c about 1, /ping waits too     one core or event loop
  flat, c about 1, /ping passes        a lock or another serial resource
  flat, sharp corner at a whole c = k  a pool or cap of k
  flat, cores full                     all cores
  flat, the rest 429 or 503 at once    a rate quota
  anything else                        not enough evidence, and it says so

Reads only: nothing is journaled in a closed loop, so a write could not be removed again. Rows that reads need (prepare) are
made for the first users as in a run: journaled, tagged, and removed at the end. It is a look at the ceiling and no
capacity: nobody's latency in a crowd is measured. That is what \`peakproof run\` is for.

Examples:
  $ peakproof saturate scenarios/health-code/mixed.ts
  $ peakproof saturate my-service.ts --operation search --connections 128 --target http://staging:8080 --allow staging
  $ peakproof saturate my-service.ts --json | jq .saturation.reading

Exit codes: 0 done, 1 a fault of ours, 2 usage, 4 prepared rows not removed, 5 no valid answer, 6 stopped by a
safety limit, 130 Ctrl-C (what was measured is printed).`;

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}, such as 8`);
    return value;
  };
}

/** Shorter windows hold too few replies to see a spread; longer ones are what `run` is for. */
function window(text: string): number {
  const us = duration(text);
  if (us < 200_000 || us > 60_000_000) throw new InvalidArgumentError('expected between "200ms" and "60s", such as "2s"');
  return us;
}

async function run(path: string, flags: SaturateFlags): Promise<void> {
  const { target, ...others } = flags;
  const overrides = overridesOf({ ...others, ...(target === undefined ? {} : { target: [target] }), workers: 1 });
  const prepared = await preflight(path, overrides, flags.allow);
  await confirmHosts({ ...prepared.plan, others: prepared.others }, flags.confirm);
  await using lease = await Lease.take({ plan: prepared.plan, headers: leaseHeaders(prepared.plan) });
  const lines = await openLines(flags.quiet === true);
  using interrupt = new Interrupt(flags.quiet === true ? sayAlways : lines.add, [
    "stopping at once. Once more stops the cleanup too.",
    "stopping the cleanup.",
  ]);
  try {
    const say = flags.quiet === true ? sayAlways : lines.add;
    const saturated = await saturate(prepared, {
      ...flags,
      interrupt,
      lost: lease.lost,
      say,
      onBegin: (operation) => lines.add(startLine(operation, flags.connections)),
      onStep: (connections) => lines.now(`N=${connections} ...`),
      onStepDone: (steps) => lines.add(stepLine(steps)),
    });
    lines.done();
    show(saturated, flags.json === true);
  } catch (thrown) {
    lines.done();
    if (!interrupt.load.aborted) throw thrown;
    process.exitCode = exitCodes.interrupted;
  }
}

/** What must be said even where it is quiet. */
function sayAlways(text: string): void {
  process.stderr.write(`${text}\n`);
}

function show({ file, failure, proof, isClean }: Saturated, json: boolean): void {
  if (file === null) return showFailure(failure, proof, isClean);
  if (json) printJson(file);
  else process.stdout.write(`\n${[saturationText(file, process.stdout.columns || 100, usesColours()), ...proof].join("\n")}\n`);
  process.exitCode = exitCode(file, isClean);
}

/** Rows that are still there weigh more than why the sweep failed. */
function showFailure(failure: unknown, proof: readonly string[], isClean: boolean): void {
  for (const line of proof) sayAlways(line);
  if (isClean) throw failure;
  sayAlways(explain(failure).text);
  process.exitCode = exitCodes.cleanupIncomplete;
}

function exitCode({ interrupted, saturation }: SaturationFile, isClean: boolean): number {
  if (!isClean) return exitCodes.cleanupIncomplete;
  if (interrupted) return exitCodes.interrupted;
  return saturation.ceilingPerSec === null ? exitCodes.noAnswer : exitCodes.passed;
}
