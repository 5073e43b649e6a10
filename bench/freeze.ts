/**
 * The freeze test under other tools, for docs/measurement.md: `npm run bench:freeze`. The server answers in 2 ms and stands still for 3 of
 * 12 seconds; each tool asks it 100 times a second, or as near to it as it can. `test/freeze.test.ts` holds ours to the arithmetic.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import type { Summary } from "../src/model/summary.ts";
import { installPeers } from "./install.ts";

const seconds = 12;
const perSec = 100;
/** A closed loop needs no more connections for 100 requests a second of 2 ms each; ten is what hey and autocannon would be given. */
const connections = 10;

/** Milliseconds; null: the tool does not say. */
interface Seen {
  readonly tool: string;
  readonly requests: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly mean: number | null;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a tool against a freezing server of its own. */
async function against(look: (origin: string) => Promise<Seen>): Promise<Seen> {
  const server = spawn(process.execPath, [here("../test/freezing-server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  try {
    return await look(`http://127.0.0.1:${String(port).trim()}`);
  } finally {
    server.kill();
  }
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  await once(child, "close");
  return text;
}

async function ours(origin: string): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), "peakproof-bench-"));
  const scenario = join(folder, "freeze.ts");
  writeFileSync(
    scenario,
    `export default { name: "freeze", target: "${origin}",
  load: { peak: { ratePerSec: ${perSec} }, multiples: [1], hold: "${seconds}s", warmup: "0s", pace: "uniform" },
  users: { name: "one", pool: 1, popularity: "uniform", user: () => ({ id: "u1" }) },
  operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } } };`,
  );
  const args = ["run", scenario, "--out", join(folder, "runs"), "--json", "--quiet"];
  const { steps } = JSON.parse(await output(process.execPath, [here("../bin/peakproof.js"), ...args])) as Summary;
  rmSync(folder, { recursive: true, force: true });
  const clock = steps[0]?.responseUs;
  const ms = (us: number | null | undefined): number | null => (us === null || us === undefined ? null : us / 1_000);
  return {
    tool: "peakproof, `response`",
    requests: clock?.count ?? 0,
    p50: ms(clock?.p50),
    p90: ms(clock?.p90),
    p99: ms(clock?.p99),
    mean: ms(clock?.mean),
  };
}

async function wrk(origin: string): Promise<Seen> {
  const text = await output("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s", origin]);
  const at = (label: string): number | null => toMs(new RegExp(`${label}\\s+([\\d.]+)(us|ms|s)`).exec(text));
  return {
    tool: `wrk -c${connections} --latency (closed loop)`,
    requests: Number(/(\d+) requests in/.exec(text)?.[1] ?? 0),
    p50: at("50%"),
    p90: at("90%"),
    p99: at("99%"),
    mean: at("Latency"),
  };
}

function toMs(match: RegExpExecArray | null): number | null {
  const scale = { us: 0.001, ms: 1, s: 1_000 }[match?.[2] ?? ""];
  return match === null || scale === undefined ? null : Number(match[1]) * scale;
}

async function hey(origin: string): Promise<Seen> {
  const text = await output("hey", ["-c", String(connections), "-q", String(perSec / connections), "-z", `${seconds}s`, origin]);
  const seconds_ = (pattern: RegExp): number | null => {
    const match = pattern.exec(text);
    return match === null ? null : Number(match[1]) * 1_000;
  };
  return {
    tool: `hey -c ${connections} -q ${perSec / connections}`,
    requests: Number(/\[200\]\s+(\d+) responses/.exec(text)?.[1] ?? 0),
    p50: seconds_(/50%+ in ([\d.]+) secs/),
    p90: seconds_(/90%+ in ([\d.]+) secs/),
    p99: seconds_(/99%+ in ([\d.]+) secs/),
    mean: seconds_(/Average:\s+([\d.]+) secs/),
  };
}

const cannon =
  (ignoreCoordinatedOmission: boolean) =>
  async (url: string): Promise<Seen> => {
    const result = await autocannon({ url, connections, duration: seconds, overallRate: perSec, ignoreCoordinatedOmission });
    const { p50, p90, p99, mean } = result.latency;
    const tool = `autocannon -c ${connections} -R ${perSec}${ignoreCoordinatedOmission ? " -C" : ""}`;
    return { tool, requests: result["2xx"], p50, p90, p99, mean };
  };

installPeers();
const truth: Seen = { tool: "**arithmetic**", requests: seconds * perSec, p50: 2, p90: 1_802, p99: 2_882, mean: 377 };
const seen = [truth];
for (const look of [ours, wrk, hey, cannon(false), cannon(true)]) seen.push(await against(look));
console.log("| | requests | p50, ms | p90 | p99 | mean |\n|---|---|---|---|---|---|");
const cell = (value: number | null): string => (value === null ? "-" : value < 10 ? value.toFixed(1) : String(Math.round(value)));
for (const { tool, requests, p50, p90, p99, mean } of seen)
  console.log(`| ${tool} | ${requests} | ${[p50, p90, p99, mean].map(cell).join(" | ")} |`);
