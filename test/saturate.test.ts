/** `peakproof saturate` against services whose one limit is known, in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closedLoop } from "../src/load/closed-loop.ts";
import type { SaturationFile } from "../src/model/saturation.ts";
import { chromiumFlags, chromiumPath } from "./chromium.ts";
import { type Ended, Folder, peakproof, start, until } from "./cli.ts";
import { startTarget, type Target } from "./target.ts";

const folder = new Folder();
const servers: ChildProcess[] = [];
afterAll(() => {
  for (const server of servers) server.kill();
  folder[Symbol.dispose]();
});

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

/** What limits each system, and how much it does per second at most. */
const systems = {
  pool: ["pool", 80],
  lock: ["serial-resource", 50],
  free: ["no-limit-found", 640],
  loop: ["one-loop", 200],
  quota: ["rate-quota", 100],
} as const;

interface Looked {
  readonly system: keyof typeof systems;
  readonly target: string;
  readonly file: SaturationFile;
}

async function look(system: keyof typeof systems): Promise<Looked> {
  const target = await serve(system);
  return { system, target, file: await document(target) };
}

describe("a closed loop, from the client alone", () => {
  let looked: readonly Looked[] = [];
  beforeAll(async () => {
    // Those that only wait share the processors; the others need them.
    const waiting = await Promise.all([look("pool"), look("lock"), look("free")]);
    looked = [...waiting, await look("loop"), await look("quota")];
  });

  it("never says the wrong thing of what limits a system: where a busy machine hides it, that is said", () => {
    for (const { system, file } of looked) {
      const { reading, sentence } = file.saturation;
      expect([systems[system][0], "not-enough-evidence", "generator-limited"], `${system}: ${sentence}`).toContain(reading);
    }
  });

  it("tells what limits most of them", () => {
    const told = looked.filter(({ system, file }) => file.saturation.reading === systems[system][0]);
    expect(told.length, looked.map(({ file }) => file.saturation.sentence).join("\n")).toBeGreaterThanOrEqual(3);
  });

  it("never finds more than there is, and has sent what came", async () => {
    for (const { system, target, file } of looked) {
      expect(file.saturation.ceilingPerSec?.value, system).toBeLessThan(systems[system][1] * 1.1);
      expect(await counted(target), system).toBe(file.totals.sent);
      expect(file.totals.abandoned, system).toBe(0);
    }
  });

  it("agrees with our own closed loop on how much is answered", async () => {
    const [pool] = looked;
    const request = (): string => "GET /items/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const { okPerSec } = await closedLoop({ target: pool!.target, request, connections: 16, durationUs: 1_000_000 });
    const theirs = pool!.file.saturation.ceilingPerSec?.value ?? 0;
    expect(theirs / okPerSec).toBeGreaterThan(0.75);
    expect(theirs / okPerSec).toBeLessThan(1.33);
  });
});

describe.concurrent("the command", () => {
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
    const https = ["saturate", scenario, "--target", target.replace("http:", "https:"), "--out", folder.runs];
    const verified = await start(https, { env: { PEAKPROOF_INSECURE: "1" } }).ended;
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

  it("gives a target up that closes every connection, instead of knocking as fast as it can", async () => {
    const target = await serve("closing");
    const closing = await saturate(target, "--hold", "200ms");
    expect(closing).toMatchObject({ code: 5, stderr: expect.stringContaining("connection:") });
    expect(await counted(target)).toBeLessThan(30);
  });
});

describe.concurrent("with a setup and rows", () => {
  /** A store that knows one run. Its setup leaves a row, too. */
  async function startStore(refuses: { readonly put: boolean; readonly sweep: boolean }): Promise<Target> {
    let rows = 0;
    let isClosed = false;
    return startTarget(({ method, path }, reply) => {
      const refused = (method === "PUT" && refuses.put && rows > 1) || (method === "DELETE" && refuses.sweep);
      if (!refused && (method === "PUT" || method === "POST")) rows += 1;
      if (!refused && method === "DELETE") [rows, isClosed] = [0, true];
      const run = path.split(/[/?]/)[2];
      reply.statusCode = refused ? 403 : 200;
      reply.end(JSON.stringify({ run, rows: { store: rows }, untagged: null, tombstoned: isClosed }));
    });
  }

  function write(name: string, prepare: string): string {
    return folder.file(
      name,
      `import { defineScenario } from "peakproof";
       import { citizens } from "peakproof/generators";
       export default defineScenario({
         name: "rows",
         target: "http://127.0.0.1:1",
         load: { peak: { ratePerSec: 10 }, multiples: [1], hold: "1s" },
         users: citizens({ pool: 100 }),
         setup: async ({ target, headers }) => {
           await fetch(target + "/login", { method: "POST", headers });
           return { token: "open" };
         },
         operations: {
           get: { kind: "read", weight: 1, request: (user, at) => ({ path: "/rows/" + user.id, headers: { "x-key": at.setup.token } }) },
           put: { kind: "write", weight: 1, request: (user) => ({ method: "PUT", path: "/rows/" + user.id }) },
         },
         ${prepare}
         cleanup: { http: { path: "/synthetic/{run}", settle: "0s" } },
       });`,
    );
  }

  function sweep(scenario: string, { origin }: Target): Promise<Ended> {
    return peakproof("saturate", scenario, "--target", origin, "--out", folder.runs, "--hold", "200ms", "--connections", "2");
  }

  it("ends with exit code 4 where prepare failed and rows are left", async () => {
    await using store = await startStore({ put: true, sweep: true });
    const { code, stderr } = await sweep(write("left.ts", 'prepare: { create: "put", count: 5 },'), store);
    expect(stderr).toContain("to finish it: peakproof cleanup");
    expect(stderr).toContain("prepare failed");
    expect(code).toBe(4);
    expect(store.visits.filter(({ purpose, method }) => method === "GET" && purpose === "probe")).toEqual([]);
  });

  it.each([
    ["rows", 'prepare: { create: "put", count: 5 },'],
    ["no rows", ""],
  ])("does setup once and sweeps what it left, with %s, and its page stays its page", async (name, prepare) => {
    await using store = await startStore({ put: false, sweep: false });
    const { code, stdout, stderr } = await sweep(write(`${name}.ts`, prepare), store);
    expect(code, stderr).toBe(0);
    expect(store.at("/login")).toHaveLength(1);
    const reads = store.visits.filter(({ path, method }) => method === "GET" && path.startsWith("/rows/"));
    expect(reads.length).toBeGreaterThan(10);
    expect(reads.every(({ headers }) => headers["x-key"] === "open")).toBe(true);
    expect(store.visits.findLastIndex(({ method }) => method === "DELETE")).toBeGreaterThan(
      store.visits.lastIndexOf(reads.at(-1)!),
    );
    const page = /\S+report\.html/.exec(stdout)?.[0] ?? "";
    const before = readFileSync(page, "utf8");
    for (const refused of await Promise.all(["report", "check", "analyze"].map((command) => peakproof(command, dirname(page)))))
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("closed-loop sweep") });
    expect(readFileSync(page, "utf8")).toBe(before);
  });
});

it("stops at once on Ctrl-C and prints what there is", async () => {
  const target = await serve("free");
  const { child, ended } = start(["saturate", scenario, "--target", target, "--out", folder.runs, "--json", "--hold", "300ms"]);
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
    const { dir } = await document(await serve("pool"), "--connections", "4", "--hold", "200ms");
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
