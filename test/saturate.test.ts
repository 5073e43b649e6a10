/** `peakproof saturate` against services whose one limit is known, in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { closedLoop } from "../src/load/closed-loop.ts";
import type { SaturationFile } from "../src/model/saturation.ts";
import { chromiumFlags, chromiumPath } from "./chromium.ts";
import { type Ended, Folder, peakproof, start, until } from "./cli.ts";

const folder = new Folder();
const servers: ChildProcess[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.kill();
});
afterAll(() => folder[Symbol.dispose]());

let scenario = "";
beforeAll(() => {
  scenario = folder.file(
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
});

/** Starts one of the systems and gives its address. */
async function serve(system: string): Promise<string> {
  const program = fileURLToPath(new URL("./saturable-server.ts", import.meta.url));
  const server = spawn(process.execPath, [program, system], { stdio: ["ignore", "pipe", "inherit"] });
  servers.push(server);
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  return `http://127.0.0.1:${port.toString().trim()}`;
}

async function counted(target: string): Promise<number> {
  return Number(await (await fetch(`${target}/count`)).text());
}

function saturate(target: string, ...flags: readonly string[]): Promise<Ended> {
  return peakproof("saturate", scenario, "--target", target, "--out", folder.runs, ...flags);
}

async function document(target: string, ...flags: readonly string[]): Promise<SaturationFile> {
  const ended = await saturate(target, "--json", "--hold", "600ms", ...flags);
  expect(ended.code, ended.stderr).toBe(0);
  return JSON.parse(ended.stdout) as SaturationFile;
}

describe("a closed loop tells from the client alone", () => {
  // They are told apart by times, so a machine that was busy with something else for a second may have another look.
  it.each([
    ["a pool of four", "pool", "pool", 80],
    ["a lock", "lock", "serial-resource", 49],
    ["a busy event loop", "loop", "one-loop", 196],
    ["a rate quota", "quota", "rate-quota", 100],
  ])("%s", { retry: 2 }, async (_, system, reading, perSec) => {
    const target = await serve(system);
    const { saturation, totals } = await document(target);
    expect(saturation).toMatchObject({ reading, isLowerBound: false });
    expect(saturation.ceilingPerSec?.value).toBeGreaterThan(perSec * 0.75);
    expect(saturation.ceilingPerSec?.value).toBeLessThan(perSec * 1.1);
    expect(await counted(target)).toBe(totals.sent);
    expect(totals.abandoned).toBe(0);
  });

  it("that there is none, and agrees with our own closed loop on how much that is", { retry: 2 }, async () => {
    const target = await serve("free");
    const { saturation, steps } = await document(target);
    expect(saturation).toMatchObject({ reading: "no-limit-found", isLowerBound: true });
    expect(steps.map(({ connections }) => connections)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    const request = (): string => "GET /items/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const { okPerSec } = await closedLoop({ target, request, connections: 64, durationUs: 1_500_000 });
    const theirs = saturation.ceilingPerSec?.value ?? 0;
    expect(theirs / okPerSec).toBeGreaterThan(0.8);
    expect(theirs / okPerSec).toBeLessThan(1.25);
  });
});

it("prints a table, names each step as it ends, and leaves a document and a page", async () => {
  const target = await serve("pool");
  const { stdout, stderr, code } = await saturate(target, "--hold", "200ms", "--connections", "2");
  expect(code).toBe(0);
  expect(stdout).toMatch(/N +X \(ok\) +R mean +ping/);
  expect(stdout).toContain("report.html");
  expect(stderr).toMatch(/asking "read" .*\nN=1 .*\nN=2 /);
});

it("refuses a write, an unknown read, and a target that must be verified, before anything is sent", async () => {
  const target = await serve("free");
  expect(await saturate(target, "--operation", "put")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("nothing is journaled"),
  });
  expect(await saturate(target, "--operation", "raed")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--operation read"),
  });
  const verified = await saturate(target.replace("http:", "https:"));
  expect(verified).toMatchObject({ code: 2, stderr: expect.stringContaining("--insecure") });
  expect(await saturate("http://192.0.2.1")).toMatchObject({ code: 2, stderr: expect.stringContaining("--allow 192.0.2.1") });
  expect(await counted(target)).toBe(0);
});

it("says what came where nothing was accepted", async () => {
  expect(await saturate("http://127.0.0.1:1")).toMatchObject({
    code: 5,
    stderr: expect.stringContaining("refused the connection"),
  });
  const missing = await saturate(await serve("missing"), "--hold", "200ms");
  expect(missing).toMatchObject({ code: 5, stderr: expect.stringContaining("status:404") });
});

it("stops at once on Ctrl-C and prints what there is", async () => {
  const target = await serve("free");
  const { child, ended } = start(["saturate", scenario, "--target", target, "--out", folder.runs, "--json"]);
  let stderr = "";
  child.stderr?.on("data", (text: string) => (stderr += text));
  await until(() => stderr.includes("N=2"));
  const beforeMs = performance.now();
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(performance.now() - beforeMs).toBeLessThan(3_000);
  const file = JSON.parse(stdout) as SaturationFile;
  expect(file.interrupted).toBe(true);
  expect(file.steps.length).toBeGreaterThanOrEqual(2);
});

describe.runIf(existsSync(chromiumPath))("its page", () => {
  it("is readable at a desk and on a phone, and asks nobody for anything", async () => {
    const { dir } = await document(await serve("pool"), "--connections", "4");
    const url = pathToFileURL(join(dir, "report.html")).href;
    const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
    for (const width of [1_440, 390]) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const asked: string[] = [];
      const errors: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(url);
      expect(await page.locator("h1").innerText()).toContain("/s");
      expect(await page.locator("figure svg:visible").count()).toBe(1);
      expect(await page.locator("body").evaluate((body) => body.scrollWidth)).toBeLessThanOrEqual(width);
      expect(asked).toEqual([url]);
      expect(errors).toEqual([]);
    }
    await browser.close();
  });
});
