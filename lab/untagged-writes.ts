/**
 * Real people's writes beside a sweep, in a thread of their own: an open loop, so that a database that stalls makes all that fall due
 * meanwhile late, and each write's time counts from when it was due. Gives times in microseconds, one for each write.
 */
import { parentPort, workerData } from "node:worker_threads";
import postgres from "postgres";
import { monotonicUs } from "../src/measure/clock.ts";

export interface UntaggedWrites {
  readonly url: string;
  readonly ratePerSec: number;
  /** Rows to change are chosen among the ids from 1 to this, odd ones. */
  readonly highestId: number;
}

/** Enough for 500 writes per second that take 30 ms each. */
const connections = 16;
const tickMs = 1;

const { url, ratePerSec, highestId } = workerData as UntaggedWrites;
const sql = postgres(url, { max: connections, connection: { application_name: "people" } });
const latenciesUs: number[] = [];
const under: Set<Promise<void>> = new Set();
let index = 0;

/** Every other one adds a row, the rest change one. */
async function write(at: number): Promise<void> {
  if (at % 2 === 0) await sql`INSERT INTO people (name, note) VALUES (${`person ${at}`}, 'a real one')`;
  else await sql`UPDATE people SET note = ${`changed by ${at}`} WHERE id = ${1 + 2 * ((at * 7_919) % Math.floor(highestId / 2))}`;
}

function send(at: number, dueUs: number): void {
  const writing: Promise<void> = write(at).then(() => {
    latenciesUs.push(monotonicUs() - dueUs);
    under.delete(writing);
  });
  under.add(writing);
}

await Promise.all(Array.from({ length: connections }, () => sql`SELECT pg_sleep(0.05)`));
const startUs = monotonicUs();
const timer = setInterval(() => {
  for (let dueUs = dueOf(index); dueUs <= monotonicUs(); dueUs = dueOf(++index)) send(index, dueUs);
}, tickMs);

function dueOf(at: number): number {
  return startUs + (at * 1_000_000) / ratePerSec;
}

parentPort?.once("message", () => {
  clearInterval(timer);
  void Promise.all(under)
    .then(() => sql.end())
    .then(() => parentPort?.postMessage(latenciesUs));
});
