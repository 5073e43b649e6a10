import { Command } from "commander";
import { refuseOverBudget } from "../src/third-party/projection.ts";
import { calibrationWanted } from "./calibrate.ts";
import { confirmHosts } from "./confirm.ts";
import { describePlan } from "./describe-plan.ts";
import { addRunFlags, addScenarioFlags, overridesOf, type RunFlags } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { preflight } from "./preflight.ts";
import { printSummary } from "./print.ts";
import { openScreen } from "./screen.ts";
import { runSession } from "./session.ts";

/** `peakproof run <scenario>`. */
export function runCommand(): Command {
  const command = new Command("run")
    .description("preflight, prepare, load at multiples of peak, diagnose, judge budgets, clean up, report")
    .argument("<scenario>", "a scenario file, such as scenarios/health-code/mixed.ts")
    .option("--plan", "say what would be sent, and send nothing")
    .addHelpText(
      "after",
      `
Examples:
  $ peakproof run scenarios/health-code/mixed.ts --plan
  $ peakproof run scenarios/health-code/mixed.ts --peak 300 --multiples 1,2,3,5 --hold 30s
  $ peakproof run my-service.ts --target http://staging.internal:8080 --allow staging.internal
  $ peakproof run my-service.ts --target https://health.example --resolve health.example:443:10.0.0.7 --allow 10.0.0.7

Exit codes: 0 passed, 1 a fault of ours, 2 usage, 3 a budget missed, 4 cleanup incomplete, 5 no valid answer,
6 stopped by a safety limit, 130 Ctrl-C with cleanup finished.`,
    );
  addScenarioFlags(addRunFlags(command));
  return command.action(run);
}

async function run(path: string, flags: RunFlags & { readonly plan?: boolean }): Promise<void> {
  const prepared = await preflight(path, overridesOf(flags), flags.allow);
  if (flags.plan === true) {
    process.stdout.write(`${describePlan(prepared)}\n`);
    // The plan shows by how much it would break an agreement; that it would not start must be said all the same.
    return refuseOverBudget(prepared.plan, prepared.scenario.input.operations);
  }
  await confirmHosts({ ...prepared.plan, others: prepared.others }, flags.confirm);
  const screen = await openScreen({ quiet: flags.quiet ?? false });
  using interrupt = new Interrupt((text) => screen.say(text));
  const concluded = await runSession(prepared, {
    out: flags.out,
    labels: flags.label ?? {},
    cleanup: flags.cleanup,
    calibration: flags.calibration && calibrationWanted(process.env),
    interrupt,
    screen,
  });
  printSummary(concluded, { json: flags.json ?? false });
}
