import { Command } from "commander";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describeProof, isIncomplete, readBaseline } from "../cleanup/index.ts";
import { tryOperations, type Tried } from "../src/load/try.ts";
import { exitCodes } from "../src/model/exit.ts";
import type { RunEnd, RunFile } from "../src/model/run.ts";
import { formatUs } from "../src/model/units.ts";
import { journalFile } from "../src/record/files.ts";
import { Journal } from "../src/record/journal.ts";
import { readRecord } from "../src/record/reader.ts";
import { newRunId } from "../src/record/run-id.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { probeTarget } from "../src/safety/reachable.ts";
import { sweepRun } from "./conclude.ts";
import { beginRecord, firstRunFile } from "./drive.ts";
import { faultText } from "./fault-text.ts";
import { addLoadFlags, addScenarioFlags, overridesOf, type RunFlags } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { preflight, writesAnything, type Prepared } from "./preflight.ts";

/** `peakproof try <scenario>`. */
export function tryCommand(): Command {
  const command = new Command("try")
    .description("send one request per operation, tagged as a probe, show both sides, and remove what they wrote")
    .argument("<scenario>", "a scenario file");
  addScenarioFlags(addLoadFlags(command));
  return command.action(tryScenario);
}

async function tryScenario(path: string, flags: RunFlags): Promise<void> {
  const prepared = await preflight(path, overridesOf(flags), flags.allow);
  const { plan, scenario, totals } = prepared;
  await probeTarget(plan.target);
  const run = firstRunFile(prepared, newRunId(), {});
  if (plan.cleanup?.http !== undefined && writesAnything(plan, totals))
    return tryAndCleanUp(prepared, run, join(flags.out, run.runId));
  show(await tryOperations(scenario.input, plan, run.runId, null));
}

/** What is written is journaled as in any run; the folder goes once nothing is left, and stays where something may be. */
async function tryAndCleanUp({ scenario, plan, token }: Prepared, run: RunFile, dir: string): Promise<void> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  using interrupt = new Interrupt(say, ["removing what was written; once more stops that too.", "stopping the cleanup."]);
  const baseline = await readBaseline({ run, token, signal: interrupt.load });
  beginRecord(dir, run, baseline).close();
  const journal = new Journal(join(dir, journalFile(0)), (fault) => say(faultText(fault)));
  show(await tryOperations(scenario.input, plan, run.runId, journal));
  await journal.close();
  const ended: RunEnd = { atUs: 0, how: "finished", reason: null, fault: null };
  const record = await readRecord(dir, { ...run, ended });
  const { entries } = await sweepRun(
    record,
    { dryRun: false, signal: interrupt.cleanup, onProgress: () => undefined },
    new DiskTrouble(),
  );
  const entry = entries.at(-1);
  if (entry === undefined) return;
  process.stdout.write(`\n${describeProof(entry).join("\n")}\n`);
  if (!isIncomplete(entry)) return rmSync(dir, { recursive: true, force: true });
  process.exitCode = exitCodes.cleanupIncomplete;
  say(`to finish it: peakproof cleanup ${dir}`);
}

function show(tried: readonly Tried[]): void {
  process.stdout.write(`${tried.map(triedText).join("\n\n")}\n`);
  if (tried.some((one) => one.result !== "ok")) process.exitCode = exitCodes.noAnswer;
}

function triedText({ operation, kind, request, reply, result, createdId, serviceUs }: Tried): string {
  const took = serviceUs === undefined ? "" : `, ${formatUs(serviceUs)}`;
  const created = createdId === undefined ? "" : `, created ${createdId}`;
  const quote = (text: string, mark: string): string[] =>
    text
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => `  ${mark} ${line}`);
  const sides = request === "" ? [] : [...quote(request, ">"), "", ...quote(reply === "" ? "(no reply)" : reply, "<")];
  return [`${operation} (${kind}): ${result}${took}${created}`, ...sides].join("\n");
}
