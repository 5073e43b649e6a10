import { Command } from "commander";
import { cleanUp, describeProof, isIncomplete, readBaseline } from "../cleanup/index.ts";
import { tryOperations, type Tried } from "../src/load/try.ts";
import { exitCodes } from "../src/model/exit.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import { formatUs } from "../src/model/units.ts";
import { newRunId } from "../src/record/run-id.ts";
import { probeTarget } from "../src/safety/reachable.ts";
import { firstRunFile } from "./drive.ts";
import { addLoadFlags, addScenarioFlags, overridesOf, type RunFlags } from "./flags.ts";
import { preflight, writesAnything } from "./preflight.ts";

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
  const { plan, scenario, totals, token } = prepared;
  await probeTarget(plan.target);
  const runId = newRunId();
  const run = { ...firstRunFile(prepared, runId, {}), ended: { atUs: 0, how: "finished" as const, reason: null } };
  const cleans = plan.cleanup?.http !== undefined && writesAnything(plan, totals);
  const baseline = cleans ? await readBaseline({ run, token }) : null;
  const tried = await tryOperations(scenario.input, plan, runId);
  process.stdout.write(`${tried.map(triedText).join("\n\n")}\n`);
  if (tried.some((one) => one.result !== "ok")) process.exitCode = exitCodes.noAnswer;
  if (!cleans) return;
  const entry = await cleanUp({ run, journal: journalOf(tried), baseline, token, dryRun: false });
  process.stdout.write(`\n${describeProof(entry).join("\n")}\n`);
  if (isIncomplete(entry)) process.exitCode = exitCodes.cleanupIncomplete;
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

/** There is no journal on disk for a handful of requests that this process itself removes again. */
function journalOf(tried: readonly Tried[]): JournalTotals {
  const written = tried.filter((one) => one.mayHaveWritten);
  const created = written.filter((one) => one.result === "ok").length;
  return {
    intents: written.length,
    created,
    rejected: 0,
    unsent: 0,
    unknown: written.length - created,
    perOperation: {},
    tornLines: 0,
  };
}
