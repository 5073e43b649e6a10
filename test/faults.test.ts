/** Bad input and bad targets: a clear error, the right exit code, a readable record, and nothing left behind. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { startService } from "../service/index.ts";
import type { RunFile } from "../src/model/run.ts";
import { recordOf } from "./record-builder.ts";
import { Folder, peakproof, start, summaryOf, until } from "./cli.ts";

const everyday = fileURLToPath(new URL("./scenarios/everyday.ts", import.meta.url));

/** A read-only scenario against some port, at a rate that a test can wait for. */
function readScenario(folder: Folder, port: number): string {
  return folder.file(
    "read.ts",
    `import { defineScenario } from "peakproof";
     import { citizens } from "peakproof/generators";
     export default defineScenario({
       name: "read", target: "http://127.0.0.1:${port}",
       load: { peak: { ratePerSec: 100 }, multiples: [1], hold: "3s", warmup: "0s" },
       connections: { deadline: "1s", max: 200 },
       users: citizens({ pool: 100 }),
       operations: { get: { kind: "read", weight: 1, request: () => ({ path: "/" }) } },
       budgets: ["errors <= 1%"],
     });`,
  );
}

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  server = undefined;
});

/** A TCP server that does to each connection what it is told. */
async function serve(serveSocket: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    serveSocket(socket);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe("a command line that cannot be run", () => {
  it.each([
    [["run", "nowhere.ts"], 2, "nowhere.ts"],
    [["run", everyday, "--peak", "-3"], 2, "expected a number above 0"],
    [["run", everyday, "--hold", "30"], 2, 'such as "30s"'],
    [["run", everyday, "--mutliples", "1"], 2, "--multiples"],
    [["rnu"], 2, "run"],
    [["run", everyday, "--target", "http://192.0.2.1:80"], 2, "--allow 192.0.2.1"],
    [["report", "nowhere"], 2, "not a run directory"],
    [["cleanup", "nowhere"], 2, "not a run directory"],
    [["run", everyday, "--target", "http://127.0.0.1:9", "--admin", "http://127.0.0.1:9"], 5, "127.0.0.1:9"],
  ])("%j ends with %i and says what to do", async (args, code, words) => {
    using folder = new Folder();
    const ended = await start(args, { cwd: folder.path }).ended;
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain("    at ");
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe("");
    expect(existsSync(folder.runs)).toBe(false);
  });

  it("a scenario that throws is named with its file and its words", async () => {
    using folder = new Folder();
    const path = folder.file("broken.ts", 'throw new Error("the moon is in the wrong house");');
    const ended = await peakproof("run", path);
    expect(ended.stderr).toContain("the moon is in the wrong house");
    expect(ended.stderr).toContain("broken.ts");
    expect(ended.code).toBe(2);
  });

  it("says the plan and sends nothing, even where nobody listens", async () => {
    const ended = await peakproof("run", everyday, "--plan", "--target", "http://127.0.0.1:9", "--admin", "http://127.0.0.1:9");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("Nothing was sent");
    expect(ended.stdout).toMatch(/repeat +1x +100\/s/);
  });
});

describe("a run that goes wrong on our side", () => {
  it("a request that throws midway is the scenario's fault, named by operation and user; what was written is removed", async () => {
    using folder = new Folder();
    const service = await startService({ port: 0, adminPort: 0 });
    const path = folder.file(
      "throws.ts",
      `import { defineScenario } from "peakproof";
       import everyday from ${JSON.stringify(everyday)};
       const { scan, report, citizen } = everyday.operations;
       const request = (user, at) => { if (at.index > 150) throw new Error("out of ink, " + process.env.INK_TOKEN); return report.request(user, at); };
       export default defineScenario({ ...everyday, lanes: undefined, operations: { scan, citizen, report: { ...report, request } } });`,
    );
    const args = ["run", path, "--target", service.url, "--admin", service.adminUrl, "--out", folder.runs];
    const ended = await start(args, { env: { INK_TOKEN: "very-secret-ink" } }).ended;
    await service.stop();
    expect(ended.stderr).toContain('request() of "report" failed for user');
    expect(ended.stderr).toContain("out of ink");
    expect(ended.stderr + ended.stdout).not.toContain("very-secret-ink");
    expect(ended.code).toBe(2);
    expect(folder.cleanupFile.entries.at(-1)).toMatchObject({ residue: 0, verified: true });
    expect(folder.runFile.ended).toMatchObject({ how: "aborted", fault: "usage" });
    expect((await peakproof("check", folder.run)).code).toBe(2);
  });

  it("goes on and cleans up when whoever reads its output goes away", async () => {
    using folder = new Folder();
    const service = await startService({ port: 0, adminPort: 0 });
    const where = ["--target", service.url, "--admin", service.adminUrl, "--out", folder.runs];
    const { child, ended } = start(["run", everyday, ...where, "--multiples", "1", "--hold", "3s"]);
    await until(() => folder.hasBegun(1));
    child.stderr?.destroy();
    child.stdout?.destroy();
    await ended;
    await service.stop();
    expect(folder.cleanupFile.entries.at(-1)).toMatchObject({ residue: 0, verified: true });
  });

  it("does not send a token to a host that a run folder names, unless that host is allowed", async () => {
    using folder = new Folder();
    const { run } = recordOf();
    mkdirSync(folder.runs);
    folder.file("runs/run.json", JSON.stringify({ ...run, plan: { ...run.plan, admin: "http://192.0.2.1:80" } }));
    const ended = await peakproof("cleanup", folder.runs, "--dry-run");
    expect(ended.stderr).toContain("--allow 192.0.2.1");
    expect(ended.code).toBe(2);
  });
});

describe("a target that misbehaves", () => {
  it("answers garbage: every reply is classed, the run is no valid answer, nothing crashes", async () => {
    using folder = new Folder();
    const port = await serve((socket) => socket.on("data", () => socket.write("\u0000\u0001 hello HTTP/9\r\n\r\n")));
    const summary = summaryOf(await peakproof("run", readScenario(folder, port), "--out", folder.runs, "--json"));
    expect(Object.keys(summary.steps[0]!.errors).join()).toContain("reading:malformed");
    expect(summary.steps[0]!.ok).toBe(0);
    expect(summary.exitCode).toBe(5);
  });

  it("never answers: each request is given up at its deadline, and counted", async () => {
    using folder = new Folder();
    const port = await serve((socket) => socket.resume());
    const summary = summaryOf(await peakproof("run", readScenario(folder, port), "--out", folder.runs, "--json"));
    const [step] = summary.steps;
    expect(Object.keys(step!.errors).every((key) => key.startsWith("timeout:") || key === "unsent")).toBe(true);
    expect(Object.values(step!.errors).reduce((sum, count) => sum + count, 0)).toBe(step!.due);
    expect(step!.responseUs).toBeNull();
    expect(summary.exitCode).toBe(5);
  });

  it("dies midway: the record tells, and cleanup finishes once it is back", async () => {
    using folder = new Folder();
    const databasePath = join(folder.path, "store.db");
    const first = await startService({ port: 0, adminPort: 0, databasePath });
    const ports = { port: Number(new URL(first.url).port), adminPort: Number(new URL(first.adminUrl).port) };
    const where = ["--target", first.url, "--admin", first.adminUrl, "--out", folder.runs];
    const { ended } = start(["run", everyday, ...where, "--hold", "2s", "--json"]);
    await until(() => folder.hasBegun(1));
    await first.stop();
    const summary = summaryOf(await ended);
    expect(summary.exitCode).toBe(4);
    expect(summary.exitReasons.join()).toContain("no valid answer");
    expect(summary.steps.some((step) => (step.errors["connect:ECONNREFUSED"] ?? 0) > 0)).toBe(true);
    const second = await startService({ ...ports, databasePath });
    const cleaned = await peakproof("cleanup", folder.run);
    await second.stop();
    expect(cleaned.stdout).toContain("Residue: 0 rows");
    expect(cleaned.code).toBe(0);
  });

  it("refuses a second service on a port that is taken, in one clear line", async () => {
    const first = await startService({ port: 0, adminPort: 0 });
    const { port } = new URL(first.url);
    const ended = await peakproof("serve", "--port", port, "--admin-port", "0");
    await first.stop();
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(port);
    expect(ended.stderr).not.toContain("    at ");
  });
});

/** A file system of one page, to be full at a known moment. */
function withTinyDisk(folder: Folder, sizeKb: number): { path: string; remove(): void } {
  const path = join(folder.path, "tiny");
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeKb}k`, "tmpfs", path]);
  return { path, remove: () => void execFileSync("umount", [path]) };
}

describe.runIf(process.getuid?.() === 0)("a disk that is full (needs root, for a small file system of its own)", () => {
  it("before the run: one clear line, and nothing was sent", async () => {
    using folder = new Folder();
    const service = await startService({ port: 0, adminPort: 0 });
    const disk = withTinyDisk(folder, 4);
    try {
      const ended = await peakproof("run", everyday, "--target", service.url, "--admin", service.adminUrl, "--out", disk.path);
      expect(ended.stderr).toContain("ENOSPC");
      expect(ended.code).toBe(1);
    } finally {
      disk.remove();
      await service.stop();
    }
  });

  it("during the run: the load stops, what was written is removed all the same", async () => {
    using folder = new Folder();
    const service = await startService({ port: 0, adminPort: 0 });
    const disk = withTinyDisk(folder, 150);
    try {
      const ended = await peakproof(
        "run",
        everyday,
        "--target",
        service.url,
        "--admin",
        service.adminUrl,
        "--hold",
        "30s",
        "--out",
        disk.path,
      );
      expect(ended.stderr).toContain("ENOSPC");
      expect(ended.code).toBe(1);
      const [runId = ""] = execFileSync("ls", [disk.path], { encoding: "utf8" }).trim().split("\n");
      expect(
        JSON.parse(execFileSync("cat", [join(disk.path, runId, "run.json")], { encoding: "utf8" })) as RunFile,
      ).toMatchObject({ runId });
      const left = await fetch(`${service.adminUrl}/synthetic/${runId}`, {
        headers: { authorization: `Bearer ${service.config.adminToken}` },
      });
      expect(await left.json()).toMatchObject({ rows: { store: 0, cache: 0, queue: 0 } });
    } finally {
      disk.remove();
      await service.stop();
    }
  });
});
