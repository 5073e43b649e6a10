import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { ServiceError } from "./errors.ts";
import { startService } from "./start.ts";
import { eventually, send, testService } from "./testing.ts";

/** A process that has ended but was not collected yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}
function isZombie(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && /^State:\s+Z/m.test(readFileSync(status, "utf8"));
}
const allOf = (pids: { primary: number; workers: readonly number[]; laboratory: number }): number[] => [
  pids.primary,
  ...pids.workers,
  pids.laboratory,
];
const gone = (pids: readonly number[]): Promise<boolean> =>
  eventually(
    () => pids.every((pid) => !isRunning(pid)),
    (done) => done,
  );

/** A temporary folder of our own, so that nobody else's services show in it. */
const ownFolder = mkdtempSync(join(tmpdir(), "lifecycle-test-"));
process.env["TMPDIR"] = ownFolder;
afterAll(() => rmSync(ownFolder, { recursive: true }));

describe("starting", () => {
  it.each(["port", "adminPort", "laboratoryPort"] as const)(
    "says which port is taken when %s is, and leaves nothing behind",
    async (key) => {
      const other = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const { port } = other.address() as AddressInfo;
      const foldersBefore = temporaryFolders();
      const failure = await startService({ port: 0, adminPort: 0, signBits: 1_024, workers: 2, [key]: port }).catch(
        (error: unknown) => error,
      );
      other.close();
      expect(failure).toBeInstanceOf(ServiceError);
      expect(failure).toMatchObject({ code: "port-in-use", message: expect.stringContaining(String(port)) as string });
      expect(temporaryFolders()).toEqual(foldersBefore);
    },
  );

  it("refuses a database file that is none, with the reason", async () => {
    const failure = await startService({ port: 0, adminPort: 0, databasePath: "/proc/none/store" }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "start-failed" });
  });
});

describe("stopping", () => {
  it("lets open requests finish, drains the queue into the store, and leaves no process and no folder", async () => {
    const databasePath = join(ownFolder, "store");
    const service = await testService({
      databasePath,
      queueRatePerSec: 1,
      laboratoryLatencyMs: 400,
      laboratoryLatencySpread: 0,
    });
    for (let at = 0; at < 20; at++) await service.post("/checkins", { citizenId: "c", venueId: `v-${at}` });
    const open = service.post("/reports", { citizenId: "c" });
    await eventually(
      async () => (await send(`${service.laboratoryUrl}/calls/none`, {})).body["calls"],
      (calls) => calls === 1,
    );
    await service.stop();
    expect((await open).status).toBe(201);
    expect([await gone(allOf(service.pids)), await service.exited]).toMatchObject([
      true,
      { process: "primary", code: 0, expected: true },
    ]);
    const database = new DatabaseSync(databasePath);
    const count = (table: string): unknown => database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"];
    expect([count("checkins"), count("reports")]).toEqual([20, 1]);
    database.close();
  });

  it("removes its temporary folder, also when it was killed", async () => {
    const before = temporaryFolders();
    const service = await testService({ workers: 2 });
    expect(temporaryFolders()).toHaveLength(before.length + 1);
    service.kill();
    await service.stop();
    expect([temporaryFolders(), await gone(allOf(service.pids))]).toEqual([before, true]);
  });

  it("happens by itself when the process that started it dies", async () => {
    const script = `
      import { startService } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      const service = await startService({ port: 0, adminPort: 0, signBits: 1024, workers: 2 });
      process.stdout.write(JSON.stringify(service.pids));`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const text = await new Promise<string>((resolve) => parent.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())));
    const pids = allOf(JSON.parse(text) as Parameters<typeof allOf>[0]);
    expect([pids.length, pids.every(isRunning)]).toEqual([4, true]);
    parent.kill("SIGKILL");
    expect(await gone(pids)).toBe(true);
  });
});

describe("a worker that crashes", () => {
  it("is replaced, with its counters kept and its swept runs known", async () => {
    await using service = await testService();
    const series = 'health_code_requests_total{route="GET /ping",status="200",purpose="real"}';
    await service.get("/ping");
    expect(await service.metric(series)).toBe(1);
    await service.synthetic("crash-1", "DELETE");
    const [crashed = 0] = service.pids.workers;
    process.kill(crashed, "SIGKILL");
    const replaced = await eventually(
      () => service.pids.workers[0] ?? crashed,
      (pid) => pid !== crashed,
    );
    expect(replaced).not.toBe(crashed);
    const answered = await eventually(
      () =>
        service.get("/ping").then(
          () => true,
          () => false,
        ),
      (done) => done,
    );
    expect([answered, await service.metric(series)]).toEqual([true, 2]);
    const late = await service.post("/checkins", { citizenId: "c", venueId: "v" }, { "x-synthetic-run": "crash-1" });
    expect(late.status).toBe(410);
  });
});

function temporaryFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("health-code-"));
}
