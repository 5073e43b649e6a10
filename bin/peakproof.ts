import { Command } from "commander";
import { version } from "../src/version.ts";
import { analyzeCommand } from "./analyze.ts";
import { checkCommand } from "./check.ts";
import { cleanupCommand } from "./cleanup.ts";
import { demoCommand } from "./demo.ts";
import { explain } from "./fault-text.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { tryCommand } from "./try.ts";

/** The command line, without side effects until it is parsed. */
export function program(): Command {
  const program = new Command("peakproof")
    .description("Will we survive the peak, what breaks first, why, and did the test leave anything behind?")
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for the flags)")
    .addHelpText("after", "\nStart here:\n  $ peakproof demo        a whole run against an embedded service, in under a minute");
  program.exitOverride();
  const commands = [
    demoCommand(),
    tryCommand(),
    runCommand(),
    analyzeCommand(),
    reportCommand(),
    checkCommand(),
    cleanupCommand(),
    serveCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}

/** Runs one command line and sets the exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...argv]);
  } catch (thrown) {
    const { text, exitCode } = explain(thrown);
    if (text !== "") process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}
