/** The sentences that a person or an auditor reads: a plan before it is carried out, a sweep as it goes, the proof after it. */
import type { CleanupEntry, CleanupPlan, RowCounts, StorePlan, StoreProof } from "../src/model/cleanup.ts";
import { countOf, formatCount, formatUs } from "../src/model/units.ts";
import type { SweepProgress } from "./sweep.ts";

/** A plan, one sentence per line; with the rows there are now where they were counted. */
export function describePlan(plan: CleanupPlan, proofs: readonly StoreProof[]): string[] {
  // A write that was sent once more on purpose was accepted twice.
  const wrote = `Run ${plan.runId} made ${countOf(plan.created, "attempt")} at writes that the target accepted, and ${formatCount(plan.unknown)} whose outcome is unknown.`;
  if (plan.stores.length === 0) return [wrote, plan.reason === null ? noStores : `Nothing is to be removed: ${plan.reason}.`];
  const again = plan.stores.length === 1 ? "it is counted again" : "all of them are counted again";
  return [
    wrote,
    ...plan.stores.flatMap((store, at) => planLines(store, plan.stores.length === 1 ? "" : `${at + 1}. `, proofs[at])),
    `${formatUs(plan.settleUs)} later ${again}, since an accepted write may land late.`,
  ];
}

const noStores = "Nothing can be removed: the scenario names no cleanup, and no reason why none is needed.";

function planLines({ name, how, batch, secretFrom }: StorePlan, number: string, proof: StoreProof | undefined): string[] {
  const indent = "   ";
  const rows = proof?.before ?? null;
  const secret = secretFrom === null ? "" : ` The environment variable ${secretFrom} opens it.`;
  return [
    `${number}${name}: ${rows === null ? "its rows could not be counted" : `holds ${describeRows(rows)}`}.`,
    `${indent}Removed by ${how}, at most ${countOf(batch, "row")} at a time, until none is left.${secret}`,
  ];
}

/**
 * The proof of one sweep, one sentence per line; the last says whether it holds. `canariesLeft`: writes of the run's handshake, each a
 * run of its own, that are not known to be removed.
 */
export function describeProof(entry: CleanupEntry, canariesLeft = 0): string[] {
  const { plan, stores, dryRun } = entry;
  const troubles = troublesByName(entry).map(sentence);
  if (dryRun) return [...describePlan(plan, stores), ...troubles, "Dry run: nothing was removed."];
  if (plan.stores.length === 0) return [...describePlan(plan, []), ...troubles, ...conclusions(entry, canariesLeft)];
  const lines = stores.flatMap((store) => storeTexts(store, plan).map((text) => sentence([nameIn(stores, store), text])));
  const advice = stores.flatMap((store) =>
    (store.advice ?? []).map((text) => sentence([nameIn(stores, store), `for the next time: ${text}`])),
  );
  return [...lines, ...troubles, ...advice, ...conclusions(entry, canariesLeft)];
}

/** A sweep in one line, for where there are many. */
export function describeBriefly(entry: CleanupEntry): string {
  const { stores, dryRun, deleted, verified } = entry;
  const [problem = null] = troublesOf(entry);
  const held = stores.flatMap(({ name, before }) => (before === null ? [] : [`${describeRows(before)} in ${name}`]));
  const done = dryRun
    ? [...held, "nothing was removed"]
    : [
        `${countOf(deleted, "row")} removed`,
        conclusion(entry)
          .replace(/\.$/, "")
          .replace(/^./, (first) => first.toLowerCase()),
      ];
  return [...done, ...(verified || problem === null ? [] : [problem])].join("; ");
}

/** What went wrong, each with the name of its store where there are several. */
export function troublesOf(entry: Pick<CleanupEntry, "problems" | "stores">): string[] {
  return troublesByName(entry).map(([name, text]) => name + text);
}

/** What a line is about, empty where that goes without saying, and what it says. */
type Line = readonly [name: string, text: string];

function troublesByName({ problems, stores }: Pick<CleanupEntry, "problems" | "stores">): Line[] {
  return [
    ...problems.map((problem): Line => ["", problem]),
    ...stores.flatMap((store) => store.problems.map((problem): Line => [nameIn(stores, store), problem])),
  ];
}

function nameIn(stores: readonly StoreProof[], { name }: StoreProof): string {
  return stores.length > 1 ? `${name}: ` : "";
}

function storeTexts(store: StoreProof, { settleUs }: CleanupPlan): string[] {
  const { deleted, batches, residue, tombstoned } = store;
  const removed = `removed ${countOf(deleted, "row")} in ${formatCount(batches)} ${batches === 1 ? "batch" : "batches"}`;
  const left = residue === null ? "residue: not known" : `residue: ${countOf(residue, "row")} after ${formatUs(settleUs)}`;
  return [removed, left, `untagged rows: ${untaggedWords(store)}`, ...changesWords(store), closedWords(tombstoned)];
}

function untaggedWords({ untagged, untaggedAfter: rows }: StoreProof): string {
  const fingerprint = rows === null ? "" : ` (${countOf(rows.count, "row")}, checksum ${rows.checksum})`;
  const words = { unchanged: "unchanged", "changed-by-others": "changed by others", "not-checked": "not checked" } as const;
  return words[untagged] + fingerprint;
}

function changesWords({ changesTotal, unexplained }: StoreProof): string[] {
  if (changesTotal === 0) return [];
  return [
    `${countOf(changesTotal, "changed row")}, gone through one by one: ${formatCount(changesTotal - unexplained)} explained, ${formatCount(unexplained)} not`,
  ];
}

function closedWords(tombstoned: boolean | null): string {
  if (tombstoned === null) return "the store cannot close a run: what arrives after the last look stays";
  return tombstoned ? "the run is closed: what arrives late is dropped" : "the run is not known to be closed to late arrivals";
}

/** One line while a sweep goes on. */
export function describeProgress({ phase, store, deleted, remaining }: SweepProgress): string {
  const where = store === null ? "" : ` in ${store}`;
  if (phase === "look") return `counting the rows of this run${where}`;
  if (phase === "settle") return "waiting for late arrivals before the second look";
  if (phase === "explain") return `going through the untagged rows one by one${where}`;
  return `${countOf(deleted, "row")} removed${where}${remaining === null ? "" : `, ${formatCount(remaining)} left`}`;
}

/** `1,234 rows (store 1,200, cache 34)`. */
export function describeRows(rows: RowCounts): string {
  const places = Object.entries(rows);
  const total = places.reduce((sum, [, count]) => sum + count, 0);
  return `${countOf(total, "row")} (${places.map(([place, count]) => `${place} ${formatCount(count)}`).join(", ")})`;
}

/** A name that begins a line stays as it is written. */
function sentence([name, text]: Line): string {
  const first = name === "" ? text.charAt(0).toUpperCase() + text.slice(1) : name + text;
  return `${first}${/[.?!]$/.test(text) ? "" : "."}`;
}

function conclusions(entry: CleanupEntry, canariesLeft: number): string[] {
  if (canariesLeft === 0) return [conclusion(entry)];
  const canaries = `Not verified: ${countOf(canariesLeft, "write")} of the handshake not known to be removed.`;
  return entry.verified ? [canaries] : [conclusion(entry), canaries];
}

function conclusion(entry: CleanupEntry): string {
  if (entry.verified) return "Verified: nothing of this run is left.";
  if (entry.residue === 0) return "Not fully verified: no row of this run was found, but see above.";
  return entry.residue === null
    ? "Not verified: what is left is not known."
    : `Not verified: ${countOf(entry.residue, "row")} left.`;
}
