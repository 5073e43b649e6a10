/** A real Redis for tests that need one. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { endProcess, freePort, startProcess, type TemporaryServer } from "./temporary-server.ts";

const program = "/usr/bin/redis-server";

/** Whether there is one here; tests of it must say that they were skipped where there is none. */
export const hasRedis = existsSync(program);

/** Starts an empty one that keeps nothing on disk. */
export async function startRedis(): Promise<TemporaryServer> {
  const folder = mkdtempSync(join(tmpdir(), "peakproof-redis-"));
  const port = await freePort();
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const child = await startProcess(program, flags, { cwd: folder }, () => answers(port));
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      await endProcess(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ port, host: "127.0.0.1", lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
