/** `peakproof saturate` as its tests start it, and the systems that it is started against, in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import type { SaturationFile } from "../src/model/saturation.ts";
import { type Ended, Folder, peakproof } from "./cli.ts";

/** Of the test file that imports this, and removed after its last test. */
export const folder = new Folder();
const servers: ChildProcess[] = [];
afterAll(() => {
  for (const server of servers) server.kill();
  folder[Symbol.dispose]();
});

/** Reads that come first and second, and a write. */
export const scenario = folder.file(
  "closed.ts",
  `import { defineScenario } from "peakproof";
   import { citizens } from "peakproof/generators";
   export default defineScenario({
     name: "closed",
     target: "http://127.0.0.1:1",
     load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
     users: citizens({ pool: 1_000 }),
     operations: {
       seldom: { kind: "read", weight: 1, request: () => ({ path: "/seldom" }) },
       read: { kind: "read", weight: 8, request: (user) => ({ path: "/items/" + user.id }) },
       put: { kind: "write", weight: 1, request: () => ({ method: "PUT", path: "/items" }) },
     },
     lanes: { trivial: "/ping" },
     cleanup: { none: "nothing is stored" },
   });`,
);

/** Starts one of the systems and gives its address. */
export async function serve(system: string): Promise<string> {
  const program = fileURLToPath(new URL("./saturable-server.ts", import.meta.url));
  const server = spawn(process.execPath, [program, system], { stdio: ["ignore", "pipe", "inherit"] });
  servers.push(server);
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  return `http://127.0.0.1:${port.toString().trim()}`;
}

/** How many requests such a system has counted. */
export async function counted(target: string): Promise<number> {
  return Number(await (await fetch(`${target}/count`)).text());
}

/** Runs `peakproof saturate` to its end. */
export function saturate(target: string, ...flags: readonly string[]): Promise<Ended> {
  return peakproof("saturate", scenario, "--target", target, "--out", folder.runs, ...flags);
}

/** The document of a sweep that has to succeed. */
export async function document(target: string, ...flags: readonly string[]): Promise<SaturationFile> {
  const ended = await saturate(target, "--json", "--hold", "600ms", ...flags);
  expect(ended.code, ended.stderr).toBe(0);
  return JSON.parse(ended.stdout) as SaturationFile;
}
