/** What a handshake comes to, in words. Pure. */
import { Fault } from "../model/fault.ts";
import type { CleanupEntry } from "../model/cleanup.ts";
import type { Handshake } from "../model/run.ts";
import { countOf, formatUs } from "../model/units.ts";
import type { Canary } from "./observer.ts";
import type { SentCanary } from "./send.ts";
import type { Sighting } from "./watch.ts";

/** Throws a safety Fault where a canary was not sent, or not accepted: then nothing about its tag is known. */
export function checkAccepted({ operation }: Canary, { problem }: SentCanary): void {
  if (problem === null) return;
  throw new Fault("safety", `the canary of "${operation}" ${problem}: no write load without proof of its tag`, {
    expected: `a reply as "${operation}" expects it`,
    fix: "peakproof try shows the request and its reply",
  });
}

/** Throws a safety Fault that names every hop which a canary's tag did not reach. */
export function checkSeen(canary: Canary, { createdId }: SentCanary, sightings: readonly Sighting[], withinUs: number): void {
  const { operation, runId } = canary;
  const dropped = sightings.filter(({ afterUs }) => afterUs === null).map(({ hop }) => `"${hop}"`);
  if (dropped.length === 0) return;
  const seen = sightings.flatMap(({ hop, afterUs }) => (afterUs === null ? [] : [`${hop} (${formatUs(afterUs)})`]));
  const where = `hop${dropped.length === 1 ? "" : "s"} ${dropped.join(" and ")}`;
  const wrote = createdId === undefined ? "what it wrote" : `what it wrote (${createdId})`;
  throw new Fault(
    "safety",
    `the tag of "${operation}" did not reach ${where} within ${formatUs(withinUs)}: no write load without it`,
    {
      received: seen.length === 0 ? `run id ${runId} at no hop` : `run id ${runId} at ${seen.join(", ")}`,
      expected: "the run id of the write at every hop",
      fix: `let what stands before ${where} pass the tag on and keep it; ${wrote} there may carry no tag, and then no cleanup by tag finds it`,
    },
  );
}

/** Whether the absence of all canaries was verified; false, too, where the author says that nothing is to be removed. */
export function canariesRemoved(entries: readonly CleanupEntry[]): boolean {
  return entries.every(({ residue }) => residue === 0);
}

/** Throws a safety Fault for the sweep of a canary that left something, or may have; `command` finishes it. Null: none did. */
export function checkRemoved(incomplete: CleanupEntry | null, command: string): void {
  if (incomplete === null) return;
  const problems = [...incomplete.problems, ...incomplete.stores.flatMap((store) => store.problems)];
  const residue = incomplete.residue === null ? "what is left is not known" : countOf(incomplete.residue, "row") + " left";
  throw new Fault(
    "safety",
    `the canary ${incomplete.plan.runId} was not removed: ${problems[0] ?? residue}: no write load without that`,
    {
      expected: "residue 0 in every store",
      fix: `see that cleanup works, and finish it: ${command}`,
    },
  );
}

/** `report seen at store 12 ms, laboratory 31 ms; checkin at store 20 ms`; empty where no hop was looked at. */
export function describeHops({ hops }: Pick<Handshake, "hops">): string {
  const operations = [...new Set(hops.map(({ operation }) => operation))];
  return operations
    .map((name, at) => {
      const own = hops.filter(({ operation }) => operation === name).map(({ hop, afterUs }) => `${hop} ${formatUs(afterUs)}`);
      return `${name} ${at === 0 ? "seen " : ""}at ${own.join(", ")}`;
    })
    .join("; ");
}

/** `store, laboratory; 3 canaries`: what a handshake will look at. */
export function describeHandshake(hops: readonly string[], canaries: number): string {
  return `${hops.join(", ")}; ${canariesOf(canaries)}`;
}

/** What runs that write without a handshake are told. */
export const unproven = "nothing proves the tag before the load; a handshake in the scenario would";

/** `1 canary`, `3 canaries`. */
export function canariesOf(count: number): string {
  return count === 1 ? "1 canary" : `${count} canaries`;
}
