/** The allow list judges every place that a run reaches, and so does a cleanup whose run folder came from somebody else. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunFile } from "../src/model/run.ts";
import type { RunningService } from "../service/index.ts";
import { startService } from "../service/index.ts";
import { Folder, peakproof, start } from "./cli.ts";
import { requestsCounted } from "./service-requests.ts";

let service: RunningService;
beforeAll(async () => {
  service = await startService({ port: 0, adminPort: 0, signBits: 1_024, laboratoryLatencyMs: 0 });
});
afterAll(() => service.stop());

/** No host: nobody answers at addresses for documentation (RFC 5737). */
const elsewhere = "192.0.2.1";

function scenarioIn(folder: Folder, rest: string): string {
  return folder.file(
    "s.mjs",
    `export default {
      name: "s", target: "${service.url}", admin: "${service.adminUrl}",
      load: { peak: { ratePerSec: 50 }, multiples: [1], hold: "1s", warmup: "0s" },
      users: { name: "people", pool: 10, popularity: "uniform", user: (_, index) => ({ id: "u" + index }) },
      operations: { put: { kind: "write", weight: 1, request: () => ({ method: "POST", path: "/reports", body: "{}" }) } },
      safety: { abort: [] }, ${rest}
    };`,
  );
}

const tables = 'tables: ["reports"]';
const hop = (kind: string): string => `handshake: { hops: { here: { ${kind} } } }, cleanup: { none: "a test" }`;

it.each([
  ["a database that is swept", `cleanup: { postgres: { url: "env:DATABASE_URL", ${tables} } }`],
  ["a Redis that is swept", `cleanup: { redis: { url: "redis://${elsewhere}", keys: ["{run}:*"] } }`],
  ["a page where canaries are looked for", hop(`http: { path: "http://${elsewhere}/{run}" }`)],
  ["a database where they are", hop('postgres: { url: "env:DATABASE_URL", query: "SELECT 1" }')],
  ["a Redis where they are", hop(`redis: { url: "redis://${elsewhere}", key: "{run}" }`)],
  [
    "the API of proxies",
    `cleanup: { none: "a test" }, faults: { api: "http://${elsewhere}:8474", toxics: [{ proxy: "lab", at: "0s", for: "1s", type: "timeout" }] }`,
  ],
])("a run asks for --allow before it reaches %s", async (_, rest) => {
  using folder = new Folder();
  const env = { DATABASE_URL: `postgres://me:hunter2@${elsewhere}/health` };
  const { code, stderr } = await start(["run", scenarioIn(folder, rest), "--out", folder.runs], { env }).ended;
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(`add --allow ${elsewhere}`);
  expect(stderr).not.toContain("hunter2");
  expect(await requestsCounted(service, "load")).toBe(0);
});

it("no path leads to another host", async () => {
  using folder = new Folder();
  const rest = `cleanup: { none: "a test" }, observe: { prometheus: "//${elsewhere}/metrics" }`;
  const { code, stderr } = await peakproof("run", scenarioIn(folder, rest), "--out", folder.runs);
  expect(code, stderr).toBe(2);
  expect(stderr).toContain("observe.prometheus");
});

it("a cleanup goes where its run folder says only if that is allowed here, and nowhere else", async () => {
  using folder = new Folder();
  const path = scenarioIn(folder, 'cleanup: { http: { path: "/synthetic/{run}", token: "env:TOKEN" } }');
  const env = { TOKEN: service.config.adminToken };
  await start(["run", path, "--out", folder.runs, "--no-cleanup"], { env }).ended;
  const file = join(folder.run, "run.json");
  const run = JSON.parse(readFileSync(file, "utf8")) as RunFile;
  const stores = [{ kind: "postgres", url: `postgres://me@${elsewhere}/health`, tables: ["reports"] }];
  // Whoever writes the folder may say that it was permitted, too.
  const connections = { ...run.plan.connections, permitted: [elsewhere] };
  writeFileSync(file, JSON.stringify({ ...run, plan: { ...run.plan, connections, cleanup: { stores } } }));
  const { code, stderr } = await peakproof("cleanup", folder.run);
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(`add --allow ${elsewhere}`);
});
