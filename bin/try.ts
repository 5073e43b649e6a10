import { Command } from "commander";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describeProof, hasStores, isIncomplete } from "../cleanup/index.ts";
import { tryScenario, type Tried, type TriedJourney, type TriedStep } from "../src/load/try.ts";
import { exitCodes } from "../src/model/exit.ts";
import type { RunEnd, RunFile } from "../src/model/run.ts";
import { formatUs } from "../src/model/units.ts";
import { journalFile } from "../src/record/files.ts";
import { Journal } from "../src/record/journal.ts";
import { readRecord } from "../src/record/reader.ts";
import { RunLease } from "../src/record/run-lease.ts";
import { newRunId } from "../src/record/run-id.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { cleanCommand } from "../src/report/commands.ts";
import { probeTargets } from "../src/safety/reachable.ts";
import { confirmHosts } from "./confirm.ts";
import { firstRunFile } from "./drive.ts";
import { faultText } from "./fault-text.ts";
import { addLoadFlags, addScenarioFlags, overridesOf, type RunFlags } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { beginWithBaseline, sweepRun } from "./sweep-run.ts";
import { preflight, setUp, writesAnything, type Prepared } from "./preflight.ts";

/** `peakproof try <scenario>`. */
export function tryCommand(): Command {
  const command = new Command("try")
    .description(
      "send one request per operation and go each journey once, tagged as probes, show both sides, and remove what they wrote",
    )
    .argument("<scenario>", "a scenario file");
  addScenarioFlags(addLoadFlags(command));
  return command.action(tryOnce);
}

async function tryOnce(path: string, flags: RunFlags): Promise<void> {
  const prepared = await preflight(path, overridesOf(flags), flags.allow);
  const { plan } = prepared;
  await confirmHosts({ ...plan, others: prepared.others }, flags.confirm);
  await probeTargets(plan);
  const run = firstRunFile(prepared, newRunId(), {});
  using interrupt = new Interrupt(say, ["removing what was written; once more stops that too.", "stopping the cleanup."]);
  try {
    if (!hasStores(plan) || !writesAnything(prepared)) await show(prepared, run.runId, null, interrupt.load);
    else await tryAndCleanUp(prepared, run, join(flags.out, run.runId), interrupt);
  } catch (thrown) {
    if (!interrupt.load.aborted) throw thrown;
    // What is left of a cleanup weighs more.
    process.exitCode ??= exitCodes.interrupted;
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What is written is journaled as in any run; the folder goes once nothing is left, and stays where something may be. */
async function tryAndCleanUp(prepared: Prepared, run: RunFile, dir: string, interrupt: Interrupt): Promise<void> {
  (await beginWithBaseline(dir, run, interrupt.load)).close();
  using _held = RunLease.take(dir, "run");
  const journal = new Journal(join(dir, journalFile(0)), (fault) => say(faultText(fault)));
  try {
    await show(prepared, run.runId, journal, interrupt.load);
  } finally {
    await journal.close();
    await sweep(run, dir, interrupt.cleanup);
  }
}

async function sweep(run: RunFile, dir: string, signal: AbortSignal): Promise<void> {
  const ended: RunEnd = { atUs: 0, how: "finished", reason: null, fault: null };
  const record = await readRecord(dir, { ...run, ended });
  const { entries } = await sweepRun(record, { dryRun: false, signal, onProgress: () => undefined }, new DiskTrouble());
  const entry = entries.at(-1);
  if (entry === undefined) return;
  process.stdout.write(`\n${describeProof(entry).join("\n")}\n`);
  if (!isIncomplete(entry)) return rmSync(dir, { recursive: true, force: true });
  process.exitCode = exitCodes.cleanupIncomplete;
  say(`to finish it: ${cleanCommand(dir, run.plan)}`);
}

/** Sends what is to be tried and prints both sides. */
async function show(prepared: Prepared, runId: string, journal: Journal | null, signal: AbortSignal): Promise<void> {
  const { scenario, plan } = prepared;
  const setup = await setUp(prepared, runId, signal);
  const { operations, journeys } = await tryScenario(scenario.input, { plan, runId, setup, journal, signal });
  process.stdout.write(`${[...operations.map(triedText), ...journeys.map(journeyText)].join("\n\n")}\n`);
  const steps = [...operations, ...journeys.flatMap((journey) => journey.steps)];
  if (steps.some((one) => one.result !== "ok") || journeys.some((journey) => journey.problem !== null))
    process.exitCode = exitCodes.noAnswer;
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

/** Its steps in their order, also those that were left out. */
function journeyText({ journey, steps, skipped, problem }: TriedJourney): string {
  const texts = [
    ...steps.map((one) => ({ step: one.step, text: takenText(one) })),
    ...skipped.map(({ step, operation, kind }) => ({ step, text: `${operation} (${kind}): skipped, as its when() says` })),
  ];
  const lines = texts
    .toSorted((a, b) => a.step - b.step)
    .map(({ step, text }) => `journey ${journey}, request ${step + 1}: ${text}`);
  return [...lines, ...(problem === null ? [] : [`journey ${journey}: ${problem}`])].join("\n\n");
}

function takenText(one: TriedStep): string {
  return triedText(one) + (one.carried === "" ? "" : `\n  = carries ${one.carried}`);
}
