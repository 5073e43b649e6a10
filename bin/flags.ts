import { type Command, InvalidArgumentError, Option } from "commander";
import type { PlanOverrides } from "../src/scenario/plan.ts";
import { parseDurationUs } from "../src/model/units.ts";

/** Flags that `run` and `try` share, as commander hands them over. */
export interface RunFlags {
  readonly target?: string;
  readonly admin?: string;
  readonly peak?: number;
  readonly multiples?: readonly number[];
  readonly hold?: number;
  readonly warmup?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly pid?: readonly number[];
  readonly var?: Readonly<Record<string, string>>;
  readonly label?: Readonly<Record<string, string>>;
  readonly out: string;
  readonly allow: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly cleanup: boolean;
}

/** A positive number. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError("expected a number above 0, such as 200");
  return value;
}

/** A whole number from 0. */
export function whole(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("expected a whole number, such as 42");
  return Number(text);
}

/** A duration in microseconds. */
export function duration(text: string): number {
  const us = parseDurationUs(text);
  if (us === undefined) throw new InvalidArgumentError('expected a duration with its unit, such as "30s", "500ms" or "2m"');
  return us;
}

function list(text: string): number[] {
  return text.split(",").map(positive);
}

function pair(text: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const match = /^([\w.-]+)=(.*)$/s.exec(text);
  if (match?.[1] === undefined) throw new InvalidArgumentError("expected name=value");
  return { ...before, [match[1]]: match[2] ?? "" };
}

/** Each common flag also has an environment variable: flag > PEAKPROOF_* > scenario. */
export function addLoadFlags(command: Command): Command {
  return command
    .addOption(new Option("--target <url>", "where the load goes (default: the scenario's)").env("PEAKPROOF_TARGET"))
    .addOption(new Option("--admin <url>", "where metrics and cleanup live (default: the scenario's)").env("PEAKPROOF_ADMIN"))
    .addOption(new Option("--peak <rate>", "1x, in requests per second").argParser(positive).env("PEAKPROOF_PEAK"))
    .addOption(new Option("--multiples <list>", "steps as multiples of peak: 1,2,3,5").argParser(list).env("PEAKPROOF_MULTIPLES"))
    .addOption(new Option("--hold <duration>", "how long each step is held: 30s").argParser(duration).env("PEAKPROOF_HOLD"))
    .addOption(
      new Option("--warmup <duration>", "load at the top rate before the first step, not counted: 5s")
        .argParser(duration)
        .env("PEAKPROOF_WARMUP"),
    )
    .addOption(
      new Option("--seed <number>", "same seed, same requests at the same instants").argParser(whole).env("PEAKPROOF_SEED"),
    )
    .addOption(
      new Option("--workers <count>", "load threads; one drives some 20,000/s").argParser(whole).env("PEAKPROOF_WORKERS"),
    );
}

/** Flags of every command that sends load and keeps a record. */
export function addRunFlags(command: Command): Command {
  return addLoadFlags(command)
    .addOption(
      new Option("--pid <id>", "process of the target to sample, its children too; repeatable").argParser(
        (text, before: readonly number[] | undefined) => [...(before ?? []), whole(text)],
      ),
    )
    .addOption(new Option("--label <name=value>", "kept in the record; repeatable").argParser(pair))
    .option("--json", "print the summary (peakproof.summary/1) on stdout and nothing else")
    .option("--quiet", "no live display: a line per step")
    .option("--no-cleanup", "leave what the run writes; `peakproof cleanup <run>` removes it later");
}

/** `--allow`, of every command that reaches the target. */
export function allowOption(): Option {
  return new Option("--allow <host>", "a host outside loopback that may be reached; repeatable")
    .argParser((text, before: readonly string[]) => [...before, text])
    .default([], "loopback only");
}

/** Flags of every command that reads a scenario file. */
export function addScenarioFlags(command: Command): Command {
  return command
    .addOption(new Option("--var <name=value>", "handed to the scenario; repeatable").argParser(pair))
    .addOption(allowOption())
    .addOption(new Option("--out <folder>", "where run folders are made").default("runs").env("PEAKPROOF_OUT"));
}

/** What the flags change about a scenario. */
export function overridesOf(flags: Partial<RunFlags>): PlanOverrides {
  return {
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(flags.admin === undefined ? {} : { admin: flags.admin }),
    ...(flags.peak === undefined ? {} : { peakRatePerSec: flags.peak }),
    ...(flags.multiples === undefined ? {} : { multiples: flags.multiples }),
    ...(flags.hold === undefined ? {} : { holdUs: flags.hold }),
    ...(flags.warmup === undefined ? {} : { warmupUs: flags.warmup }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(flags.pid === undefined ? {} : { pids: flags.pid }),
    ...(flags.var === undefined ? {} : { variables: flags.var }),
  };
}
