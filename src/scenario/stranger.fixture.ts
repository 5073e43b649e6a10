/**
 * Scenario files of a stranger's, loaded in a Node process of their own, as the command line does it: inside vitest an `import()`
 * goes through vite, whose TypeScript and whose errors are not Node's.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect } from "vitest";
import type { FaultDetail } from "../model/fault.ts";

const run = promisify(execFile);
const loader = new URL("load.ts", import.meta.url).href;
/** `PEAKPROOF_TEST_NODE` runs the same tests on another Node, such as the oldest one supported. */
const node = process.env["PEAKPROOF_TEST_NODE"] ?? process.execPath;

/** What `loadScenario` gave, or the fault that it threw. */
interface Loaded {
  readonly path?: string;
  readonly hash?: string;
  readonly name?: string;
  readonly extra?: unknown;
  readonly kind?: string;
  readonly message?: string;
  readonly detail?: FaultDetail;
}

/** Loads a scenario in the main thread or in a worker, and prints what came of it. */
const loading = `
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
const [, , where, ...given] = process.argv;
const [file, options] = isMainThread ? given : workerData;
async function load() {
  const { loadScenario } = await import(${JSON.stringify(loader)});
  try {
    const { path, hash, input } = await loadScenario(file, JSON.parse(options));
    return { path, hash, name: input.name, extra: input.operations.scan?.request(input.users.user(1, 3), { index: 0, dueMs: 0, random: 0 }) };
  } catch (thrown) {
    return { kind: thrown.kind, message: thrown.message, detail: thrown.detail };
  }
}
const print = (result) => console.log(JSON.stringify(result));
if (!isMainThread) parentPort.postMessage(await load());
else if (where === "worker") new Worker(new URL(import.meta.url), { workerData: given }).on("message", print);
else print(await load());
`;

const folder = mkdtempSync(join(tmpdir(), "peakproof-stranger-"));
writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "type": "commonjs" }');
writeFileSync(join(folder, "loading.mjs"), loading);
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a file of the temporary folder in a process of its own, started there; paths in what comes back begin with `~`. */
export async function load(file: string, options: object = {}, where: "main" | "worker" = "main"): Promise<Loaded> {
  const { stdout, stderr } = await run(node, ["loading.mjs", where, file, JSON.stringify(options)], { cwd: folder });
  expect(stderr).toBe("");
  return JSON.parse(stdout.replaceAll(folder, "~")) as Loaded;
}

/** Writes a file into the temporary folder and gives back its name. */
export async function write(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return file;
}

/** A scenario file with one operation; what is given replaces or adds to its text. */
export function scenarioText(changes: { readonly head?: string; readonly name?: string; readonly path?: string } = {}): string {
  return `import { defineScenario } from "peakproof";
import { citizens } from "peakproof/generators";
${changes.head ?? ""}
export default defineScenario({
  name: ${changes.name ?? '"mine"'},
  target: "http://127.0.0.1:1",
  load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
  users: citizens({ pool: 10 }),
  operations: { scan: { kind: "read", weight: 1, request: (user, at) => ({ path: ${changes.path ?? "`/codes/${user.id}`"} }) } },
});
`;
}
