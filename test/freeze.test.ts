/**
 * The freeze test: arithmetic says what a client sees of a server that answers in 2 ms and stands still for 3 of 12 seconds, and a load
 * generator that waits for its replies does not see it (coordinated omission). `docs/measurement.md` shows others beside this.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClockStats } from "../src/model/distribution.ts";
import type { Summary } from "../src/model/summary.ts";
import { Folder, peakproof, summaryOf } from "./cli.ts";

const serviceMs = 2;
const freezeMs = 3_000;
const runMs = 12_000;

/**
 * Response times as arithmetic has them: requests due evenly, those that fall into the freeze wait for its end. A part `q` of all
 * requests is slower than the freeze's length less `q` of the run.
 */
const slowerThanAllBut = (share: number): number => freezeMs - (1 - share) * runMs;
const truth = {
  p50: serviceMs,
  p90: slowerThanAllBut(0.9),
  p99: slowerThanAllBut(0.99),
  mean: serviceMs + (freezeMs / runMs) * (freezeMs / 2),
};

let summary: Summary;
/** How long the server takes to answer as many at once as waited for the thaw, asked by another client than ours. */
let crowdMs: number;
const folder = new Folder();
const server = spawn(
  process.execPath,
  [fileURLToPath(new URL("./freezing-server.ts", import.meta.url)), "4000", String(freezeMs)],
  {
    stdio: ["ignore", "pipe", "inherit"],
  },
);

beforeAll(async () => {
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  const origin = `http://127.0.0.1:${String(port).trim()}`;
  const scenario = folder.file(
    "freeze.ts",
    `import { defineScenario } from "peakproof";
export default defineScenario({
  name: "freeze",
  target: "${origin}",
  load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "${runMs}ms", warmup: "0s", pace: "uniform" },
  users: { name: "one", pool: 1, popularity: "uniform", user: () => ({ id: "u1" }) },
  operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
});`,
  );
  summary = summaryOf(await peakproof("run", scenario, "--out", folder.runs, "--json"));
  const crowd = Array.from({ length: (100 * freezeMs) / 1_000 }, () => answered(origin));
  const startMs = performance.now();
  await Promise.all(crowd);
  crowdMs = performance.now() - startMs;
}, 60_000);

/** Asks on a connection of its own, and reads the reply to its end. */
function answered(origin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(origin, { agent: false }, (reply) => reply.resume().on("end", () => resolve())).on("error", reject);
  });
}

afterAll(() => {
  server.kill();
  folder[Symbol.dispose]();
});

const ms = (us: number | null): number => (us ?? Number.NaN) / 1_000;
const step = (): Summary["steps"][number] => {
  const [first] = summary.steps;
  if (first === undefined) throw new Error("no step");
  return first;
};

describe("a server that stands still for 3 of 12 seconds, asked 100 times a second", () => {
  it("is reported as arithmetic has it, within 2 % and the machine's own floor", () => {
    const response = step().responseUs as ClockStats;
    // What this machine adds: to 2 ms where nothing is frozen, and by answering at once all who waited for the thaw.
    const floorMs = ms(response.p50) - truth.p50;
    expect(floorMs, "the floor").toBeLessThan(5);
    expect(floorMs, "the floor").toBeGreaterThanOrEqual(0);
    expect(crowdMs, "the floor for a crowd").toBeLessThan(300);
    const within = (measured: number, true_: number, crowdShare: number): void => {
      expect(measured).toBeGreaterThan(0.98 * true_);
      expect(measured).toBeLessThan(1.02 * true_ + floorMs + crowdShare * crowdMs);
    };
    within(ms(response.p90), truth.p90, 1);
    within(ms(response.p99), truth.p99, 1);
    within(response.mean / 1_000, truth.mean, freezeMs / runMs);
  });

  it("was asked on time all the while: the freeze is in the response, not in the generator's lag", () => {
    expect(step()).toMatchObject({ due: 1_200, sent: 1_200, ok: 1_200, errors: {} });
    expect(ms((step().lagUs as ClockStats).p99)).toBeLessThan(50);
    expect(summary.validity.grade).toBe("valid");
  });
});
