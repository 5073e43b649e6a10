/** A real PostgreSQL for tests that need one. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { endProcess, freePort, startProcess, type TemporaryServer } from "./temporary-server.ts";

/** Debian keeps each version's programs in a folder of its own, off the path. */
const versions = "/usr/lib/postgresql";

/** Folder of the newest installed version's programs; null: none is here, and tests of it must say that they were skipped. */
export const postgresPrograms: string | null = newestPrograms();

function newestPrograms(): string | null {
  try {
    const newest = readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))[0];
    return newest === undefined ? null : join(versions, newest, "bin");
  } catch {
    return null;
  }
}

/** PostgreSQL refuses to run as root: then its package's own user does it. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** Starts one with an empty database `test`. `settings` are added to its command line (`-c name=value`). */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<TemporaryServer> {
  if (postgresPrograms === null) throw new Error("no PostgreSQL here");
  const folder = mkdtempSync(join(tmpdir(), "peakproof-postgres-"));
  const user = owner();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const as = { ...user, cwd: folder };
  execFileSync(
    join(postgresPrograms, "initdb"),
    ["-D", data, "-U", "test", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"],
    { ...as, stdio: "ignore" },
  );
  const port = await freePort();
  const all = { listen_addresses: "127.0.0.1", fsync: "off", unix_socket_directories: folder, ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const url = `postgres://test@127.0.0.1:${port}/postgres`;
  const child = await startProcess(join(postgresPrograms, "postgres"), ["-D", data, "-p", String(port), ...flags], as, () =>
    answers(url),
  );
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      // A fast shutdown: clients are disconnected.
      await endProcess(child, "SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 1, onnotice: () => undefined });
  try {
    await sql`SELECT 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
