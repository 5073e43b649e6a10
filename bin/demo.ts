import { Command, Option } from "commander";
import { fileURLToPath } from "node:url";
import type { RunningService } from "../service/index.ts";
import { exitCodes } from "../src/model/exit.ts";
import { formatCount } from "../src/model/units.ts";
import { loadScenario } from "../src/scenario/load.ts";
import { busiestRate } from "./busiest-rate.ts";
import { calibrationWanted } from "./calibrate.ts";
import type { Concluded } from "./conclude.ts";
import { duration, positive, whole } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";
import { preflight } from "./preflight.ts";
import { printSummary } from "./print.ts";
import { openScreen } from "./screen.ts";
import { startOrFault } from "./serve.ts";
import { runSession } from "./session.ts";

/**
 * 1x as a share of the scans that one worker answers at most. A mixed request costs it some 0.75 of a scan, so 3x takes 72 % of its
 * core and holds, and 5x takes 120 % and does not, on a slow machine as on a fast one.
 */
const peakShare = 0.32;
const multiples = [1, 2, 3, 5];
const holdUs = 5_000_000;
const warmupUs = 2_000_000;

interface DemoFlags {
  readonly serviceWorkers: number;
  readonly labLatency?: number;
  readonly rateLimit?: number;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `peakproof demo`. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("start the embedded health-code service, drive it past its peak, say what breaks and why, clean up, report")
    .addOption(new Option("--service-workers <count>", "worker processes of the service").argParser(whole).default(1))
    .addOption(new Option("--lab-latency <duration>", "median latency of its laboratory: 800ms").argParser(duration))
    .addOption(new Option("--rate-limit <rate>", "limit of its gateway, requests per second").argParser(positive))
    .addOption(new Option("--out <folder>", "where run folders are made").default("runs").env("PEAKPROOF_OUT"))
    .option("--json", "print the summary (peakproof.summary/1) on stdout and nothing else")
    .option("--quiet", "no live display: a line per step")
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const screen = await openScreen({ quiet: flags.quiet ?? false });
  using interrupt = new Interrupt((text) => screen.say(text));
  screen.phase("preflight", "starting the health-code service");
  const service = await startOrFault({
    port: 0,
    adminPort: 0,
    workers: flags.serviceWorkers,
    ...(flags.labLatency === undefined ? {} : { laboratoryLatencyMs: flags.labLatency / 1_000 }),
    ...(flags.rateLimit === undefined ? {} : { rateLimitPerSec: flags.rateLimit }),
  });
  try {
    const concluded = await drive(flags, service, interrupt, screen);
    printSummary(concluded, { json: flags.json ?? false });
    if (flags.json !== true && concluded.summary.exitCode === 0) process.stdout.write(`${nextSteps}\n`);
  } catch (thrown) {
    if (!interrupt.load.aborted) throw thrown;
    process.exitCode = exitCodes.interrupted;
  } finally {
    await service.stop();
  }
}

async function drive(
  flags: DemoFlags,
  service: RunningService,
  interrupt: Interrupt,
  screen: Parameters<typeof runSession>[1]["screen"],
): Promise<Concluded> {
  const path = demoScenario();
  const variables = { pool: "2000", laboratory: service.laboratoryUrl };
  const scenario = await loadScenario(path, { variables });
  screen.phase("preflight", "finding this machine's peak");
  const mostPerSec = await busiestRate(scenario, {
    target: service.url,
    operation: "scan",
    userId: residentId,
    signal: interrupt.load,
  });
  const peakRatePerSec = Math.max(10, Math.round((mostPerSec * peakShare) / 10) * 10);
  const prepared = await preflight(
    path,
    { target: service.url, admin: service.adminUrl, peakRatePerSec, multiples, holdUs, warmupUs, variables },
    [],
  );
  screen.phase("preflight", `one worker answers at most ${formatCount(mostPerSec)}/s here, so 1x is ${peakRatePerSec}/s`);
  return runSession(prepared, {
    out: flags.out,
    labels: { demo: "yes" },
    cleanup: true,
    calibration: calibrationWanted(process.env),
    budgetsDecide: false,
    interrupt,
    screen,
  });
}

/** Somebody who is in every fresh service, so that asking writes nothing. */
const residentId = "resident-000001";

/** The scenario that ships with the package: TypeScript in the repo, compiled beside this file's twin. */
function demoScenario(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`../scenarios/health-code/mixed.${extension}`, import.meta.url));
}

const nextSteps = [
  "",
  "Try next:",
  "  peakproof demo --service-workers 2      a second worker moves the limit",
  "  peakproof demo --lab-latency 800ms      a slow third party instead of a full core",
  "  peakproof demo --rate-limit 400         a quota instead of a full core",
  "  peakproof serve                         the service alone, for runs of your own:",
  "  peakproof run scenarios/health-code/mixed.ts --plan",
].join("\n");
