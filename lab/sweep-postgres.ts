/**
 * How fast a real PostgreSQL is swept, and what the people notice who write to it meanwhile.
 * `npm run lab:sweep [-- --rows 50000 --rate 500 --rows-per-sec 40000]`: a million synthetic rows beside as many real ones, on a server that
 * waits for the disk at each commit. Exits with 1 where it is too slow, too disturbing, or where what it left is not what it should be.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import postgres from "postgres";
import { systemClock } from "../cleanup/clock.ts";
import { emptyJournal, exampleRun } from "../cleanup/example-run.ts";
import { planPostgres } from "../cleanup/postgres/plan.ts";
import { PostgresStore } from "../cleanup/postgres/store.ts";
import { sweep } from "../cleanup/sweep.ts";
import { formatCount, formatUs } from "../src/model/units.ts";
import { startPostgres } from "../test/postgres-server.ts";
import type { UntaggedWrites } from "./untagged-writes.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rate: { type: "string", default: "500" },
    "rows-per-sec": { type: "string", default: "40000" },
  },
});
const rows = Number(values.rows);
const ratePerSec = Number(values.rate);
const rowsPerSec = Number(values["rows-per-sec"]);

/** What a sweep has to meet: docs/cleanup.md, "How it is tried". */
const slowestRowsPerSec = 20_000;
const longestP999Us = 100_000;
/** Writes without a sweep, for comparison. */
const quietMs = 10_000;
const runId = "lab-sweep";

interface Noticed {
  readonly writes: number;
  readonly p999Us: number;
}

/** As the tables of a target would be: an identity, a little text, a tag with an index that real rows take no part in. */
async function fill(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql.unsafe(`
    CREATE TABLE people (id bigserial PRIMARY KEY, name text NOT NULL, note text, synthetic_run text);
    INSERT INTO people (name, note, synthetic_run)
      SELECT 'person ' || n, repeat('x', 50), CASE WHEN n % 2 = 0 THEN '${runId}' END FROM generate_series(1, ${2 * rows}) n;
    CREATE INDEX ON people (synthetic_run) WHERE synthetic_run IS NOT NULL`);
  await sql`VACUUM ANALYZE people`;
  await sql`CHECKPOINT`;
  await sql.end();
}

/** People write while `work` goes on. */
async function amongWrites<Result>(url: string, name: string, work: () => Promise<Result>): Promise<readonly [Result, Noticed]> {
  const workerData: UntaggedWrites = { url, ratePerSec, highestId: 2 * rows };
  const people = new Worker(new URL("untagged-writes.ts", import.meta.url), { workerData });
  await once(people, "online");
  await sleep(500);
  const result = await work();
  people.postMessage("stop");
  const [latenciesUs] = (await once(people, "message")) as [number[]];
  return [result, notice(name, latenciesUs)];
}

function notice(name: string, latenciesUs: readonly number[]): Noticed {
  const sorted = latenciesUs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const said = [0.5, 0.99, 0.999, 1].map((share) => formatUs(at(share)).padStart(9)).join("");
  console.log(`${name.padEnd(22)}${formatCount(sorted.length).padStart(9)}${said}`);
  return { writes: sorted.length, p999Us: at(0.999) };
}

async function sweepPostgres(url: string): Promise<boolean> {
  const settings = { url, tables: ["people"], rowsPerSec };
  const plan = planPostgres(settings, "postgres", runId);
  const scenario = () => Promise.reject(new Error("a sweep by tag needs no scenario"));
  const store = new PostgresStore(settings, plan, { run: exampleRun({ runId }), secret: null, journal: emptyJournal, scenario });
  console.log(
    `${"untagged writes".padEnd(22)}${["count", "p50", "p99", "p99.9", "maximum"].map((word) => word.padStart(9)).join("")}`,
  );
  await amongWrites(url, "without a sweep", () => sleep(quietMs));
  const before = await store.look();
  let tookUs = 0;
  const [result, during] = await amongWrites(url, "during the sweep", async () => {
    await store.guard();
    const startedUs = systemClock.nowUs();
    const result = await sweep(store, plan, { clock: systemClock, rows });
    tookUs = systemClock.nowUs() - startedUs;
    return result;
  });
  const after = await store.look();
  await store.close();
  const perSec = result.deleted / (tookUs / 1_000_000);
  const swept = `${formatCount(result.deleted)} rows in ${formatCount(result.batches)} batches of ${plan.batch}, ${formatUs(tookUs)}`;
  console.log(`\nswept ${swept}: ${formatCount(perSec)} rows/s, at most ${formatCount(rowsPerSec)} asked for`);
  // Every other write added a row, and none was lost: those before the sweep were counted by the first look.
  const isWhole = result.problem === null && after.rows["people"] === 0 && before.rows["people"] === result.deleted;
  const added = (after.untagged?.count ?? 0) - (before.untagged?.count ?? 0);
  const isIntact = added === Math.ceil(during.writes / 2);
  console.log(
    `left ${after.rows["people"]} of them; ${added} real rows were added meanwhile, ${isIntact ? "as sent" : "NOT as sent"}`,
  );
  if (result.problem !== null) console.log(result.problem);
  const isGentle = during.p999Us <= longestP999Us;
  return isWhole && isIntact && isGentle && perSec >= slowestRowsPerSec;
}

const server = await startPostgres({ fsync: "on" });
try {
  await fill(server.url);
  process.exitCode = (await sweepPostgres(server.url)) ? 0 : 1;
} finally {
  await server.stop();
}
