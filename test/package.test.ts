/** The package as it would be installed: compiled, under `node_modules`, used from a stranger's commonjs project. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startService } from "../service/index.ts";
import type { Summary } from "../src/model/summary.ts";
import { Folder } from "./cli.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = new Folder();
const installed = join(folder.path, "node_modules", "peakproof");

beforeAll(() => {
  execFileSync(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "--project", "tsconfig.build.json"], {
    cwd: repository,
  });
  execFileSync(process.execPath, ["build.ts"], { cwd: repository });
  mkdirSync(join(folder.path, "node_modules"));
  cpSync(join(repository, "dist"), installed, { recursive: true });
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(repository, "node_modules", name), join(folder.path, "node_modules", name));
  }
  folder.file("package.json", '{ "name": "stranger", "type": "commonjs" }');
});
afterAll(() => folder[Symbol.dispose]());

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(installed, "peakproof.js"), ...args], { cwd: folder.path, encoding: "utf8" });
}

it("plans a TypeScript scenario that imports it by name", () => {
  folder.file(
    "mine.ts",
    `import { defineScenario } from "peakproof";
     import { citizens } from "peakproof/generators";
     export default defineScenario({
       name: "mine", target: "http://127.0.0.1:9",
       load: { peak: { ratePerSec: 10 }, multiples: [1, 2], hold: "1s" },
       users: citizens({ pool: 10 }),
       operations: { get: { kind: "read", weight: 1, request: (citizen) => ({ path: "/" + citizen.id }) } },
     });`,
  );
  const { status, stdout, stderr } = run("run", "mine.ts", "--plan");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("mine -> http://127.0.0.1:9");
});

it("drives, judges and cleans with its compiled threads and the scenario that it ships", async () => {
  const service = await startService({ port: 0, adminPort: 0 });
  const scenario = join(installed, "scenarios/health-code/mixed.js");
  const flags = ["--peak", "50", "--multiples", "1", "--hold", "2s", "--warmup", "0s", "--var", "pool=200", "--json"];
  const { stdout, stderr } = run("run", scenario, "--target", service.url, "--admin", service.adminUrl, ...flags);
  await service.stop();
  expect(stdout, stderr).toMatch(/^\{/);
  const summary = JSON.parse(stdout) as Summary;
  expect(summary.steps[0]?.ok).toBe(summary.steps[0]?.due);
  expect(summary.cleanup).toMatchObject({ residue: 0, verified: true });
});
