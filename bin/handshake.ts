import { join } from "node:path";
import { isIncomplete } from "../cleanup/index.ts";
import { plannedCanaries, sendsWrites, type PlannedCanary } from "../src/handshake/canaries.ts";
import { prepareHops } from "../src/handshake/hops.ts";
import type { Observer } from "../src/handshake/observer.ts";
import { sendCanary } from "../src/handshake/send.ts";
import {
  canariesOf,
  canariesRemoved,
  checkAccepted,
  checkRemoved,
  checkSeen,
  describeHops,
  unproven,
} from "../src/handshake/verdict.ts";
import { lookBefore, watchHops, type WatchOptions } from "../src/handshake/watch.ts";
import { monotonicUs } from "../src/measure/clock.ts";
import type { CleanupEntry } from "../src/model/cleanup.ts";
import type { Handshake, RunFile } from "../src/model/run.ts";
import { canaryDir } from "../src/record/canaries.ts";
import { journalFile, recordFiles, writeJson } from "../src/record/files.ts";
import { Journal } from "../src/record/journal.ts";
import { readTraces } from "../src/record/reader.ts";
import type { RunRecorder } from "../src/record/recorder.ts";
import type { DiskTrouble } from "../src/record/trouble.ts";
import { cleanCommand } from "../src/report/commands.ts";
import { faultText } from "./fault-text.ts";
import type { Prepared } from "./preflight.ts";
import { beginBeside, beginWithBaseline, sweepRun } from "./sweep-run.ts";
import { sweepTogether } from "./sweep-together.ts";

export interface HandshakeOptions {
  readonly recorder: RunRecorder;
  /** What the scenario's `setup` returned. */
  readonly setup: unknown;
  /** Stops the handshake; its canaries are removed all the same. */
  readonly signal: AbortSignal;
  /** Stops removing them. */
  readonly cleanupSignal: AbortSignal;
  readonly disk: DiskTrouble;
  readonly say: (text: string) => void;
}

/** A hop that is being watched. */
interface OpenHop {
  readonly name: string;
  readonly operations: readonly string[];
  readonly observer: Observer;
}

/**
 * Proves the tag before the load: one canary write after the other, each under a run id and in a record of its own, must be seen at its
 * hops; then all of them are removed and their absence is verified. What came of it goes into `run.json` once anything was sent. Rejects
 * with a safety Fault where a tag was dropped or a canary could not be removed, with another one where a hop could not be asked, and
 * with the signal's reason. Does nothing but say so where the scenario has no handshake.
 */
export async function shakeHands(prepared: Prepared, options: HandshakeOptions): Promise<void> {
  const { plan } = prepared;
  const { recorder, disk, say } = options;
  const canaries = plannedCanaries(plan, recorder.run.runId);
  if (canaries.length === 0) return sendsWrites(plan) ? say(`handshake: none, so ${unproven}`) : undefined;
  const begun: PlannedCanary[] = [];
  const hops: Handshake["hops"][number][] = [];
  let failure: { readonly thrown: unknown } | null = null;
  try {
    await proveAll(prepared, canaries, { ...options, begun, hops });
  } catch (thrown) {
    failure = { thrown };
  }
  const entries = await removeAll(begun, options);
  const handshake = { runId: (canaries[0]?.runId ?? "").replace(/\d+$/, ""), hops, removed: canariesRemoved(entries) };
  if (begun.length > 0) disk.attempt(() => recorder.update({ handshake }));
  if (failure !== null) throw failure.thrown;
  checkRemoved(entries.find(isIncomplete) ?? null, cleanCommand(recorder.dir, plan));
  say(
    `handshake: ${describeHops(handshake)}; ${canariesOf(canaries.length)} ${handshake.removed ? "removed" : "left, as cleanup says"}`,
  );
}

interface Proving extends HandshakeOptions {
  /** Canaries of which something may be there. */
  readonly begun: PlannedCanary[];
  readonly hops: Handshake["hops"][number][];
}

async function proveAll(prepared: Prepared, canaries: readonly PlannedCanary[], proving: Proving): Promise<void> {
  const { scenario, plan } = prepared;
  const { runId } = proving.recorder.run;
  const rules = scenario.input.handshake ?? { hops: {} };
  const hops = prepareHops(rules, plan, process.env).map((hop) => Object.assign(hop, { observer: hop.open(runId) }));
  try {
    for (const canary of canaries) await prove(prepared, canary, hops, proving);
  } finally {
    await Promise.allSettled(hops.map(({ observer }) => observer.close()));
  }
}

async function prove(prepared: Prepared, canary: PlannedCanary, hops: readonly OpenHop[], proving: Proving): Promise<void> {
  const { signal } = proving;
  const { operation } = canary;
  const withinUs = prepared.plan.handshake?.withinUs ?? 0;
  const watchOptions: WatchOptions = { withinUs, signal, nowUs: monotonicUs };
  const watched = hops
    .filter(({ operations }) => operations.includes(operation))
    .map(({ name, observer }) => ({ hop: name, look: observer.watch(canary) }));
  await lookBefore(watched, watchOptions);
  const sentUs = monotonicUs();
  const sent = await sendJournaled(prepared, canary, proving);
  checkAccepted(canary, sent);
  const sightings = await watchHops(watched, sentUs, watchOptions);
  for (const { hop, afterUs } of sightings) if (afterUs !== null) proving.hops.push({ operation, hop, afterUs });
  checkSeen(canary, sent, sightings, withinUs);
}

/** Sends a canary as a run of its own: its record holds what `peakproof cleanup` needs where we are killed. */
async function sendJournaled({ scenario, plan }: Prepared, canary: PlannedCanary, proving: Proving) {
  const { recorder, setup, signal, begun, say } = proving;
  const dir = canaryDir(recorder.dir, canary.number);
  (await beginCanary(dir, runOf(canary, recorder), proving)).close();
  const journal = new Journal(join(dir, journalFile(0)), (fault) => say(faultText(fault)));
  begun.push(canary);
  try {
    return await sendCanary(scenario.input, canary, { plan, runId: canary.runId, setup, journal, signal });
  } finally {
    await journal.close();
  }
}

/** The stores are read before the first one: what a canary has left there by then would be a row of others to the next. */
async function beginCanary(dir: string, run: RunFile, { recorder, begun, signal }: Proving): Promise<RunRecorder> {
  const [first] = begun;
  return first === undefined
    ? await beginWithBaseline(dir, run, signal)
    : beginBeside(canaryDir(recorder.dir, first.number), dir, run);
}

function runOf({ runId }: PlannedCanary, { run }: RunRecorder): RunFile {
  return { ...run, runId };
}

/** The last one first, since it may stand on the first one's row. */
async function removeAll(begun: readonly PlannedCanary[], options: HandshakeOptions): Promise<CleanupEntry[]> {
  const { recorder, cleanupSignal: signal, disk } = options;
  const entries = await sweepTogether(begun.toReversed(), async (canary, together) => {
    const dir = canaryDir(recorder.dir, canary.number);
    const run: RunFile = { ...runOf(canary, recorder), ended: { atUs: 0, how: "finished", reason: null, fault: null } };
    disk.attempt(() => writeJson(join(dir, recordFiles.run), run));
    const record = await readTraces(dir, run);
    const swept = await sweepRun(record, { dryRun: false, signal, onProgress: () => undefined, together }, disk);
    return swept.entries.at(-1);
  });
  return entries.filter((entry) => entry !== undefined);
}
