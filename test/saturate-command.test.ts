/** `peakproof saturate` as a command: what it says, refuses and leaves. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { chromiumFlags, chromiumPath } from "./chromium.ts";
import { type Ended, peakproof, start } from "./cli.ts";
import { counted, document, folder, saturate, scenario, serve } from "./saturate-cli.ts";
import { startTarget, type Target, type TargetOptions } from "./target.ts";
import { certificate } from "./tls-server.ts";

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
  async function startStore(
    refuses: { readonly put: boolean; readonly sweep: boolean },
    options: TargetOptions = {},
  ): Promise<Target> {
    let rows = 0;
    let isClosed = false;
    return startTarget(({ method, path }, reply) => {
      const refused = (method === "PUT" && refuses.put && rows > 1) || (method === "DELETE" && refuses.sweep);
      if (!refused && (method === "PUT" || method === "POST")) rows += 1;
      if (!refused && method === "DELETE") [rows, isClosed] = [0, true];
      const run = path.split(/[/?]/)[2];
      reply.statusCode = refused ? 403 : 200;
      reply.end(JSON.stringify({ run, rows: { store: rows }, untagged: null, tombstoned: isClosed }));
    }, options);
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
         setup: async ({ target, headers, fetch }) => {
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

  function sweep(scenario: string, { origin }: Target, ...flags: readonly string[]): Promise<Ended> {
    const short = ["--hold", "200ms", "--connections", "2", ...flags];
    return peakproof("saturate", scenario, "--target", origin, "--out", folder.runs, ...short);
  }

  it("ends with exit code 4 where prepare failed and rows are left", async () => {
    await using store = await startStore({ put: true, sweep: true });
    const { code, stderr } = await sweep(write("left.ts", 'prepare: { create: "put", count: 5 },'), store);
    expect(stderr).toContain("to finish it: peakproof cleanup");
    expect(stderr).toContain("prepare failed");
    expect(code).toBe(4);
    expect(store.visits.filter(({ purpose, method }) => method === "GET" && purpose === "probe")).toEqual([]);
  });

  it("says --insecure again in the command that finishes the cleanup of a sweep made with it", async () => {
    const tls = { cert: readFileSync(certificate("server")), key: readFileSync(certificate("server-key")) };
    const refuses = { put: false, sweep: true };
    await using store = await startStore(refuses, { tls });
    const { code, stdout } = await sweep(write("insecure.ts", 'prepare: { create: "put", count: 5 },'), store, "--insecure");
    expect(code).toBe(4);
    const command = /^to finish it: peakproof (cleanup \S+ --insecure)$/m.exec(stdout)?.[1] ?? "";
    refuses.sweep = false;
    expect((await peakproof(...command.split(" "))).code).toBe(0);
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
