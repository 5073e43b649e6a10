import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { errnoOf, Fault } from "../src/model/fault.ts";
import { countOf, formatCount, formatUs } from "../src/model/units.ts";
import { lognormal, recorded, type LatencySource } from "../src/stub/latency.ts";
import { readLatencies } from "../src/stub/recorded-latency.ts";
import { createStub, type StubStats } from "../src/stub/stub-server.ts";
import { duration, positive, whole } from "./flags.ts";

interface StubFlags {
  readonly port: number;
  /** Microseconds. */
  readonly latency: number;
  readonly spread: number;
  readonly from?: string;
  readonly operation?: string;
  readonly limit?: number;
  readonly status: number;
  readonly body: string;
  readonly log?: boolean;
}

/** Runs that are named at the end; the rest is in the stats. */
const runsShown = 10;

/** `peakproof stub <name>`: a stand-in for a third party in the foreground, until Ctrl-C. */
export function stubCommand(): Command {
  return new Command("stub")
    .description("stand in for a third party: answer every request alike, as slowly as it does, within its rate limit")
    .argument("<name>", "what it stands in for, such as lab")
    .addOption(new Option("--port <port>", "port of loopback to listen on; 0: any").argParser(port).default(9000))
    .addOption(new Option("--latency <duration>", "median time to answer").argParser(duration).default(30_000, "30ms"))
    .addOption(
      new Option("--spread <factor>", "how far latencies lie apart: 0 not at all, 0.3 p99 at twice the median")
        .argParser(spread)
        .default(0.3),
    )
    .option(
      "--from <run or file>",
      "latencies as recorded: a run's folder (service time at its lowest multiple) or an .hlog file",
    )
    .option("--operation <name>", "with --from: of that operation alone")
    .addOption(new Option("--limit <rate>", "calls per second; what comes beyond gets 429 with Retry-After").argParser(positive))
    .addOption(new Option("--status <code>", "status of every answer").argParser(status).default(200))
    .option("--body <text>", "body of every answer", "{}")
    .option("--log", "write a line of JSON for each call on stdout: method, path, and the synthetic tag that it carried")
    .addHelpText(
      "after",
      `
Examples:
  $ peakproof stub lab --port 9000 --latency 30ms --spread 0.3 --limit 100
  $ peakproof stub lab --from runs/<runId> --operation report --log > lab-calls.ndjson
  $ curl 127.0.0.1:9000/__stub/stats      calls by run; /__stub/metrics has them for Prometheus

A scenario whose target calls it says so: thirdParties: { lab: { ..., stubbed: true } }.`,
    )
    .action(serveStub);
}

function port(text: string): number {
  const value = whole(text);
  if (value > 65_535) throw new InvalidArgumentError("expected a port from 0 to 65535");
  return value;
}

function spread(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 3) return value;
  throw new InvalidArgumentError("expected a number from 0 to 3, such as 0.3");
}

function status(text: string): number {
  const value = whole(text);
  if (value >= 200 && value <= 599) return value;
  throw new InvalidArgumentError("expected a status from 200 to 599");
}

async function serveStub(name: string, flags: StubFlags): Promise<void> {
  const { latency, described } = latencyOf(flags);
  const isLogged = flags.log === true;
  // The log has stdout for itself.
  const say = (text: string): boolean => (isLogged ? process.stderr : process.stdout).write(`${text}\n`);
  const { server, stats } = createStub({
    name,
    status: flags.status,
    body: flags.body,
    latency,
    limitPerSec: flags.limit ?? Number.POSITIVE_INFINITY,
    ...(isLogged ? { called: (call) => process.stdout.write(`${JSON.stringify(call)}\n`) } : {}),
  });
  const address = await listenAt(server, flags.port);
  const limit = flags.limit === undefined ? "no limit" : `at most ${formatCount(flags.limit)}/s`;
  say(
    `${name}  http://${address}   status ${flags.status}, ${described}, ${limit}   (/__stub/stats, /__stub/metrics)\n\nCtrl-C stops it.`,
  );
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  server.close();
  server.closeAllConnections();
  say(`\n${farewell(stats())}`);
}

function latencyOf({ from, operation, latency, spread: sigma }: StubFlags): { latency: LatencySource; described: string } {
  if (from === undefined)
    return { latency: lognormal(latency / 1_000, sigma), described: `median ${formatUs(latency)}, spread ${sigma}` };
  const buckets = readLatencies(from, operation ?? null);
  const described = `recorded: p50 ${formatUs(buckets.percentile(50))}, p99 ${formatUs(buckets.percentile(99))} of ${formatCount(buckets.count)}`;
  return { latency: recorded(buckets), described };
}

/** Loopback only: a stand-in is for the test's own machine. Throws a usage Fault where the port is taken. */
async function listenAt(server: Server, wanted: number): Promise<string> {
  try {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    throw new Fault("usage", `port ${wanted} cannot be listened on (${errnoOf(error) ?? String(error)})`, {
      received: `--port ${wanted}`,
      expected: "a free port of this machine",
      fix: "--port 0 takes any",
    });
  }
  const bound = server.address() as AddressInfo;
  return `${bound.address}:${bound.port}`;
}

/** How many calls it got, how fast at most, and from whom. */
function farewell({ name, calls, highestPerSec, runs }: StubStats): string {
  const shown = runs.slice(0, runsShown).map(({ run, answered, limited }) => {
    const refused = limited === 0 ? "" : `, ${formatCount(limited)} of them refused (429)`;
    return `  ${run.padEnd(32)} ${countOf(answered + limited, "call")}${refused}`;
  });
  const more = runs.length > runsShown ? [`  and ${countOf(runs.length - runsShown, "more run")}`] : [];
  return [`${name} got ${countOf(calls, "call")}, at most ${formatCount(highestPerSec)} within a second`, ...shown, ...more].join(
    "\n",
  );
}
