import { Command } from "commander";
import { exitCodes } from "../src/model/exit.ts";
import { version } from "../src/version.ts";
import { analyzeCommand } from "./analyze.ts";
import { checkCommand } from "./check.ts";
import { cleanupCommand } from "./cleanup.ts";
import { demoCommand } from "./demo.ts";
import { explain } from "./fault-text.ts";
import { proxyCommand } from "./proxy.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { saturateCommand } from "./saturate.ts";
import { serveCommand } from "./serve.ts";
import { stubCommand } from "./stub.ts";
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
    saturateCommand(),
    analyzeCommand(),
    reportCommand(),
    checkCommand(),
    cleanupCommand(),
    serveCommand(),
    proxyCommand(),
    stubCommand(),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  return program;
}

/** Runs one command line and sets the exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  let isFinished = false;
  // Should nothing be left to wait for before the command is done, Node would end with 0, which is a lie.
  process.once("exit", () => {
    if (!isFinished) process.exitCode ||= exitCodes.fault;
  });
  try {
    await program().parseAsync([...argv]);
  } catch (thrown) {
    const { text, exitCode } = explain(thrown);
    if (text !== "") process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
  isFinished = true;
}

/** Whoever reads our output may go away (`| head`); a run that is under way must still be cleaned up. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
