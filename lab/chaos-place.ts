/** Where the chaos suite plays: a service that does wrong on purpose, over databases that outlive it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { startService, type RunningService, type ServiceConfig } from "../service/index.ts";
import { postgresPrograms, startPostgres } from "../test/postgres-server.ts";
import { hasRedis, startRedis } from "../test/redis-server.ts";
import { freePort, type TemporaryServer } from "../test/temporary-server.ts";
import { changesBetween, inPostgres, inRedis, inSqlite, truthOf, type Truth } from "./chaos-truth.ts";
import { Visitors } from "./chaos-visitors.ts";

/** `sqlite`: swept by the service itself; `direct`: the databases are swept behind its back; `postgres`: the same ones by the service. */
export const placeNames = ["sqlite", "direct", "postgres"] as const;
export type PlaceName = (typeof placeNames)[number];

/** A little less than the cleanup waits for. */
const lateWriteMs = 800;
/** Time in which everything that was accepted has landed. */
const landedMs = lateWriteMs + 1_500;

/** Writes are committed and their replies dropped, held back or doubled; check-ins land late, and reports wait for a slow laboratory. */
const faults: Partial<ServiceConfig> = {
  dropReplyShare: 0.05,
  replyDelayMs: 400,
  replyDelayShare: 0.2,
  duplicateShare: 0.1,
  lateWriteMs,
  laboratoryLatencyMs: 150,
  laboratoryLatencySpread: 1,
  cacheTtlMs: 60_000,
};

const genuineReports = 25;

/** Why a place cannot be had on this machine; null where it can. */
export function whyNot(name: PlaceName): string | null {
  if (name === "sqlite") return null;
  if (postgresPrograms === null) return "no PostgreSQL here: apt-get install postgresql";
  return hasRedis ? null : "no Redis here: apt-get install redis-server";
}

interface Databases {
  readonly postgres: TemporaryServer | null;
  readonly redis: TemporaryServer | null;
}

/** Databases, the service over them, and what a generator and its cleanup need to know of both. */
export class Place implements AsyncDisposable {
  readonly name: PlaceName;
  readonly #folder: string;
  readonly #databases: Databases;
  readonly #config: Partial<ServiceConfig>;
  #service: RunningService;
  #visitors: Visitors | null = null;

  private constructor(
    name: PlaceName,
    folder: string,
    databases: Databases,
    config: Partial<ServiceConfig>,
    service: RunningService,
  ) {
    this.name = name;
    this.#folder = folder;
    this.#databases = databases;
    this.#config = config;
    this.#service = service;
  }

  /** Starts everything, and stores what must still be there at the end. */
  static async open(name: PlaceName): Promise<Place> {
    const folder = mkdtempSync(join(tmpdir(), "peakproof-chaos-"));
    const databases: Databases =
      name === "sqlite" ? { postgres: null, redis: null } : { postgres: await startPostgres(), redis: await startRedis() };
    const { postgres, redis } = databases;
    const config = {
      ...faults,
      port: await freePort(),
      adminPort: await freePort(),
      databasePath: postgres === null ? join(folder, "health-code.sqlite") : null,
      databaseUrl: postgres?.url ?? null,
      redisUrl: redis?.url ?? null,
    };
    const place = new Place(name, folder, databases, config, await startService(config));
    await place.#writeGenuine();
    return place;
  }

  /** Flags of `peakproof run`. */
  get flags(): string[] {
    const { url, adminUrl } = this.#service;
    return ["--target", url, "--admin", adminUrl, "--var", `cleanup=${this.name === "direct" ? "direct" : "http"}`];
  }

  /** What else the command line is told. */
  get env(): NodeJS.ProcessEnv {
    const { postgres, redis } = this.#databases;
    return { DATABASE_URL: postgres?.url, REDIS_URL: redis?.url };
  }

  /** Stops the service, or kills it in the middle of what it does, and starts it again on the same data. */
  async restart(how: "stopped" | "killed"): Promise<void> {
    if (how === "killed") this.#service.kill();
    await this.#service.stop();
    this.#service = await startService(this.#config);
  }

  async truth(): Promise<Truth> {
    const { postgres, redis } = this.#databases;
    if (postgres === null || redis === null) return truthOf(inSqlite(join(this.#folder, "health-code.sqlite")));
    return truthOf([...(await inPostgres(postgres.url)), ...(await inRedis(redis.url))]);
  }

  /** From now on genuine people write, too. */
  letVisitorsIn(): void {
    this.#visitors = new Visitors(this.#service.url);
  }

  get hasVisitors(): boolean {
    return this.#visitors !== null;
  }

  /** What is left of any run, and what of genuine rows is not as it was `before`, or as its visitors have it. */
  async differences(before: Truth): Promise<{ readonly residue: readonly string[]; readonly changes: readonly string[] }> {
    const visitors = this.#visitors;
    const confirmed = visitors?.confirmed() ?? [];
    const now = await this.truth();
    const lost = confirmed.filter((id) => !now.untagged.has(`reports ${id}`)).map((id) => `reports ${id} of a visitor is gone`);
    const changes = changesBetween(before, now, (key, text) => visitors?.accountFor(key, text) ?? false);
    return { residue: now.tagged, changes: [...lost, ...changes] };
  }

  /** Resolves when what was accepted has landed, or never will. */
  async landed(): Promise<void> {
    await sleep(landedMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#visitors?.stop();
    await this.#service.stop();
    await this.#databases.postgres?.stop();
    await this.#databases.redis?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Declarations, check-ins and a cached code of people who are no part of any test; the service mistreats them like all others. */
  async #writeGenuine(): Promise<void> {
    const { url } = this.#service;
    const post = (path: string, body: object): Promise<unknown> =>
      fetch(url + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }).catch(
        () => undefined,
      );
    await Promise.all(
      Array.from({ length: genuineReports }, async (_, at) => {
        const citizenId = `resident-${String(at + 1).padStart(6, "0")}`;
        await post("/reports", { citizenId, temperature: 36.6 });
        await post("/checkins", { citizenId, venueId: `venue-${at}` });
      }),
    );
    await this.landed();
    const { redis } = this.#databases;
    if (redis === null) return;
    const client = new Redis(redis.url);
    await client.set("code:real:resident-000001", "genuine");
    client.disconnect();
  }
}
