/**
 * The generator is killed at random instants of its life, while the service drops replies after the commit, delays, duplicates and
 * restarts: each time, cleanup must leave nothing of the run and everything of all others.
 * `npm run lab:chaos [-- --instants 100 --stores sqlite,direct,postgres --seed 1 --only 17 --life 8000 --visitors]`. With `--visitors`
 * genuine people write meanwhile. Exits with 1 where any instant failed, and says how to see it again: the seed gives the instants, what
 * the service does wrong is up to chance.
 */
import { parseArgs } from "node:util";
import { instant, lifetimeMs, phases, type Outcome } from "./chaos-instant.ts";
import { Place, placeNames, whyNot, type PlaceName } from "./chaos-place.ts";

const { values } = parseArgs({
  options: {
    instants: { type: "string", default: "100" },
    stores: { type: "string", default: placeNames.join(",") },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    /** Milliseconds that a generator is taken to live; else one is left alone and timed. */
    life: { type: "string" },
    visitors: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const first = Number(values.only ?? 0);
const kills = values.only === undefined ? Number(values.instants) : 1;

/** Told to stop, it ends the instant under way, its servers too, and sums up what there is. */
const told = new AbortController();
process.once("SIGINT", () => told.abort());

const failed = ({ residue, changes, problems }: Outcome): boolean => residue.length + changes.length + problems.length > 0;

/** Goes on until as many generators were killed: some have come to their end before. */
async function play(name: PlaceName): Promise<boolean> {
  await using place = await Place.open(name);
  const lifeMs = values.life === undefined ? await lifetimeMs(place) : Number(values.life);
  await place.landed();
  const before = await place.truth();
  if (values.visitors) place.letVisitorsIn();
  console.log(`${name}: killed within the ${Math.round(lifeMs)} ms that a generator lives`);
  const outcomes: Outcome[] = [];
  for (let at = first, killed = 0; killed < kills && !told.signal.aborted; at++) {
    const outcome = await instant(place, before, seed, at, lifeMs);
    if (outcome.phase !== "ended" || values.only !== undefined) killed += 1;
    outcomes.push(outcome);
    tell(name, outcome, lifeMs);
  }
  await place.landed();
  const end = await place.differences(before);
  const late = [...end.residue, ...end.changes];
  for (const text of late) console.log(`  after everything has landed: ${text}`);
  sumUp(name, outcomes);
  return late.length === 0 && !outcomes.some(failed);
}

function tell(name: PlaceName, outcome: Outcome, lifeMs: number): void {
  const { at, killedMs, phase, restarted, deleted, unknown, doubted } = outcome;
  const how = `${restarted === null ? "" : `, service ${restarted}`}${doubted ? ", rightly doubted" : ""}`;
  console.log(`${name} ${at}: ${phase} at ${Math.round(killedMs)} ms${how}: ${deleted} removed, ${unknown} unknown`);
  if (!failed(outcome)) return;
  for (const text of [...outcome.residue, ...outcome.changes, ...outcome.problems].slice(0, 8)) console.log(`  ${text}`);
  console.log(`  again: npm run lab:chaos -- --stores ${name} --seed ${seed} --only ${at} --life ${Math.round(lifeMs)}`);
}

function sumUp(name: PlaceName, outcomes: readonly Outcome[]): void {
  const count = (holds: (outcome: Outcome) => boolean): number => outcomes.filter(holds).length;
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const rows: readonly (readonly [string, number])[] = [
    ["killed", count(({ phase }) => phase !== "ended")],
    ...phases.map(
      (phase) => [phase === "ended" ? "ended before" : `  while ${phase}`, count((one) => one.phase === phase)] as const,
    ),
    ["service stopped and started", count(({ restarted }) => restarted === "stopped")],
    ["service killed and started", count(({ restarted }) => restarted === "killed")],
    ["rows removed", sum(({ deleted }) => deleted)],
    ["unknown outcomes looked for", sum(({ unknown }) => unknown)],
    ["changes of visitors seen", sum(({ seen }) => seen)],
    ["  explained by cleanup itself", sum(({ explained }) => explained)],
    ["rightly doubted: service lost", count(({ doubted }) => doubted)],
    ["residue found", count(({ residue }) => residue.length > 0)],
    ["untagged changed", count(({ changes }) => changes.length > 0)],
    ["other problems", count(({ problems }) => problems.length > 0)],
    ["clean", outcomes.length - count(failed)],
    ["of", outcomes.length],
  ];
  console.log(`\n${name}, seed ${seed}`);
  for (const [what, value] of rows) console.log(`${what.padEnd(30)}${String(value).padStart(8)}`);
}

const endings: boolean[] = [];
for (const name of values.stores.split(",")) {
  if (told.signal.aborted) break;
  const known = placeNames.find((one) => one === name);
  const reason = known === undefined ? `no such stores; there are ${placeNames.join(", ")}` : whyNot(known);
  if (reason !== null) console.log(`${name}: ${reason}`);
  endings.push(known !== undefined && reason === null && (await play(known)));
}
process.exitCode = told.signal.aborted ? 130 : endings.every(Boolean) ? 0 : 1;
