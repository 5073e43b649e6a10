/** A handshake whose canaries are swept out of PostgreSQL and Redis: what they share (a counter) must not look like a row of others. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService, type RunningService } from "../service/index.ts";
import type { CleanupFile } from "../src/model/cleanup.ts";
import { Folder } from "./cli.ts";
import { shakeBy } from "./handshake-once.ts";
import { postgresPrograms, startPostgres } from "./postgres-server.ts";
import { hasRedis, startRedis } from "./redis-server.ts";
import type { TemporaryServer } from "./temporary-server.ts";

const scenario = fileURLToPath(new URL("./scenarios/proven-stores.ts", import.meta.url));
const canRun = hasRedis && postgresPrograms !== null;
if (!canRun) console.warn("SKIPPED: no PostgreSQL or no Redis here: a handshake over both is not tried");

describe.skipIf(!canRun)("a healthy service on PostgreSQL and Redis whose counter is at 0", () => {
  let database: TemporaryServer;
  let redis: TemporaryServer;
  let service: RunningService;

  beforeAll(async () => {
    [database, redis] = await Promise.all([startPostgres(), startRedis()]);
    service = await startService({ port: 0, adminPort: 0, databaseUrl: database.url, redisUrl: redis.url, realCitizens: 50 });
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([database.stop(), redis.stop()]);
  });

  it.each(["by a key of the run", "by journal"])("passes, where what a run added is known %s", async (counted) => {
    using folder = new Folder();
    const variables = { database: database.url, redis: redis.url, counted };
    const { fault, handshake, said } = await shakeBy(scenario, service, folder, variables);
    expect(fault).toBeNull();
    expect(handshake).toMatchObject({ removed: true });
    expect(said).toEqual([expect.stringMatching(/; 3 canaries removed$/)]);
    for (const number of ["1", "2", "3"]) {
      const { entries } = folder.json(join("canary", number, "cleanup.json")) as CleanupFile;
      expect(entries).toMatchObject([{ residue: 0, untagged: "unchanged", verified: true }]);
    }
  });
});
