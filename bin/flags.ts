import { type Command, InvalidArgumentError, Option } from "commander";
import type { Pace } from "../src/model/scenario.ts";
import type { PlanOverrides } from "../src/scenario/overrides.ts";
import { parseDurationUs } from "../src/model/units.ts";
import { confirmOption } from "./confirm.ts";

/** Flags that `run` and `try` share, as commander hands them over. */
export interface RunFlags {
  readonly target?: readonly string[];
  readonly admin?: string;
  readonly peak?: number;
  readonly multiples?: readonly number[];
  readonly hold?: number;
  readonly warmup?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly pace?: Pace;
  readonly insecure?: boolean;
  readonly resolve?: Readonly<Record<string, string>>;
  readonly sourceAddress?: readonly string[];
  readonly pid?: readonly number[];
  readonly var?: Readonly<Record<string, string>>;
  readonly label?: Readonly<Record<string, string>>;
  readonly out: string;
  readonly allow: readonly string[];
  /** Hosts that look like production and were named all the same. */
  readonly confirm: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly cleanup: boolean;
  /** False for `--no-calibration`. */
  readonly calibration: boolean;
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

/** A flag that may be given several times, or once with commas between, as its environment variable must be. */
function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((part) => part.trim())];
}

/** curl's `host:port:address`, several with commas between. */
function resolved(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const pairs = text.split(",").map((part) => {
    const match = /^((?:\[[^\]]+\]|[^:]+):\d+):(.+)$/.exec(part.trim());
    if (match === null) throw new InvalidArgumentError('expected host:port:address, such as "health.example:443:127.0.0.1"');
    return match.slice(1);
  });
  return { ...before, ...Object.fromEntries(pairs) };
}

function pair(text: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const match = /^([\w.-]+)=(.*)$/s.exec(text);
  if (match?.[1] === undefined) throw new InvalidArgumentError("expected name=value");
  return { ...before, [match[1]]: match[2] ?? "" };
}

/** Each common flag also has an environment variable: flag > PEAKPROOF_* > scenario. */
export function addLoadFlags(command: Command): Command {
  addTargetFlags(command);
  return command
    .addOption(new Option("--peak <rate>", "1x, in arrivals per second").argParser(positive).env("PEAKPROOF_PEAK"))
    .addOption(
      new Option("--multiples <list>", "steps as multiples of peak: 1,2,3,5; instead of the scenario's stages, too")
        .argParser(list)
        .env("PEAKPROOF_MULTIPLES"),
    )
    .addOption(new Option("--hold <duration>", "how long each multiple is held: 30s").argParser(duration).env("PEAKPROOF_HOLD"))
    .addOption(
      new Option("--warmup <duration>", "load at the top rate before the first step, not counted: 5s")
        .argParser(duration)
        .env("PEAKPROOF_WARMUP"),
    )
    .addOption(
      new Option("--pace <name>", "how arrivals are spread: poisson as crowds come, uniform, burst on each second")
        .choices(["poisson", "uniform", "burst"])
        .env("PEAKPROOF_PACE"),
    )
    .addOption(
      new Option("--seed <number>", "same seed, same requests at the same instants").argParser(whole).env("PEAKPROOF_SEED"),
    )
    .addOption(
      new Option("--workers <count>", "load threads; one drives some 20,000/s").argParser(whole).env("PEAKPROOF_WORKERS"),
    );
}

/** Where the load goes, and by which way. */
function addTargetFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--target <url>", "where the load goes (default: the scenario's); repeatable: they share the load")
        .argParser(several)
        .env("PEAKPROOF_TARGET"),
    )
    .addOption(new Option("--admin <url>", "where metrics and cleanup live (default: the scenario's)").env("PEAKPROOF_ADMIN"))
    .option("--insecure", "do not verify the target's certificate; the report says so; never by environment")
    .addOption(
      new Option("--resolve <host:port:address>", "connect there instead of looking the name up, as curl does; repeatable")
        .argParser(resolved)
        .env("PEAKPROOF_RESOLVE"),
    )
    .addOption(
      new Option("--source-address <ip>", "an address of this machine to connect from; repeatable: taken in turn")
        .argParser(several)
        .env("PEAKPROOF_SOURCE_ADDRESS"),
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
    .option("--no-cleanup", "leave what the run writes; `peakproof cleanup <run>` removes it later")
    .option("--no-calibration", "do not try the generator against a null server first; how far to trust it is then a guess");
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
    .addOption(confirmOption())
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
    ...(flags.pace === undefined ? {} : { pace: flags.pace }),
    ...(flags.insecure === undefined ? {} : { insecure: flags.insecure }),
    ...(flags.resolve === undefined ? {} : { resolve: flags.resolve }),
    ...(flags.sourceAddress === undefined ? {} : { sourceAddresses: flags.sourceAddress }),
    ...(flags.pid === undefined ? {} : { pids: flags.pid }),
    ...(flags.var === undefined ? {} : { variables: flags.var }),
  };
}
