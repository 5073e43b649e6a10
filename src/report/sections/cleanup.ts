/** The proof, for auditors, that nothing was left behind. */
import type { CleanupEntry, RowCounts, StoreProof, UntaggedChange } from "../../model/cleanup.ts";
import type { RunRecord } from "../../model/record.ts";
import type { Summary } from "../../model/summary.ts";
import { countOf, formatCount } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html, type Part } from "../html.ts";
import { formatInstant } from "../quantity.ts";
import { signed, type Tone } from "../state.ts";

export function cleanupSection(record: RunRecord, summary: Summary, entries: readonly CleanupEntry[]): Html {
  const last = entries.at(-1);
  return html`<section id="cleanup">
    <h2>Cleanup</h2>
    <p class="lead">${journalSentence(record)}</p>
    ${last === undefined ? noCleanup(record) : proof(last, summary, record.run.plan.cleanup?.none === undefined)}
    ${entries.length === 0 ? null : sweeps(entries)} ${last === undefined ? null : untagged(record, last)}
  </section>`;
}

function journalSentence({ journal, canaries = [] }: RunRecord): string {
  if (journal.intents === 0 && canaries.some((canary) => canary.journal.intents > 0))
    return "The journal holds no write: but for the canaries of its handshake, this run asked the target to create nothing.";
  if (journal.intents === 0) return "The journal holds no write: this run asked the target to create nothing.";
  const unknown =
    journal.unknown === 0
      ? ""
      : `; of ${formatCount(journal.unknown)} it is not known whether they landed, so the sweep treats them as if they had`;
  return `Before each write was sent, it was written to the journal: ${countOf(journal.intents, "write")}, ${formatCount(journal.created)} accepted, ${formatCount(journal.rejected)} refused, ${formatCount(journal.unsent)} never sent${unknown}.`;
}

function noCleanup({ run, journal }: RunRecord): Html {
  const rules = run.plan.cleanup;
  if (rules?.none !== undefined) return html`<p>The scenario says that nothing needs to be cleaned: ${rules.none}</p>`;
  if (journal.intents === 0) return html`<p>There was nothing to clean.</p>`;
  return html`<p>
    ${signed("bad", "not cleaned")} No sweep is in the record. What the run created may still be there; the command to clean it is
    at the end of this report.
  </p>`;
}

function proof(entry: CleanupEntry, { cleanup }: Summary, isWanted: boolean): Html {
  const unverified: [Tone, string] = isWanted ? ["bad", "not verified"] : ["unsure", "none wanted"];
  const verified: [Tone, string] = entry.verified ? ["good", "verified"] : unverified;
  const cells: [string, Part][] = [
    ["writes accepted", formatCount(cleanup?.created ?? entry.plan.created)],
    ["outcome unknown", formatCount(cleanup?.unknown ?? entry.plan.unknown)],
    ["rows deleted", formatCount(entry.deleted)],
    ["rows left", entry.residue === null ? "not read" : formatCount(entry.residue)],
    ["other rows", entry.untagged.replaceAll("-", " ")],
    ["in sum", signed(...verified)],
  ];
  return html`<dl class="proof">
      ${cells.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${problemList([...entry.problems, ...entry.stores.flatMap(({ name, problems }) => problems.map((text) => `${name}: ${text}`))])}
    ${entry.stores.length === 0 ? null : stores(entry)}`;
}

function problemList(problems: readonly string[]): Html | null {
  if (problems.length === 0) return null;
  return html`<ul class="problems">
    ${problems.map((problem) => html`<li>${problem}</li>`)}
  </ul>`;
}

/** Store by store, in the order in which they were swept. */
function stores({ plan, stores: proofs }: CleanupEntry): Html {
  const planOf = (name: string) => plan.stores.find((store) => store.name === name);
  return html`<h3 class="sub">Store by store</h3>
    ${table({
      columns: [
        { head: "store", kind: "heading" },
        { head: "result", kind: "text" },
        { head: "deleted", kind: "number" },
        { head: "left", kind: "number" },
        { head: "rows of this run before", kind: "text" },
        { head: "late arrivals", kind: "text" },
      ],
      rows: proofs.map((proof) => [
        proof.name,
        proof.verified ? signed("good", "verified") : signed("bad", "not verified"),
        formatCount(proof.deleted),
        proof.residue === null ? "-" : formatCount(proof.residue),
        rowsOf(proof.before),
        lateArrivals(proof),
      ]),
    })}
    <ul class="note">
      ${proofs.map(({ name, advice = [] }) => {
        const { how = "", secretFrom = null } = planOf(name) ?? {};
        // An address is named in how; a token is not.
        const secret =
          secretFrom === null || how.includes(secretFrom) ? null : html`, with the token in <code>${secretFrom}</code>`;
        return html`<li>${name}: <code>${how}</code>${secret}${advice.map((text) => html`<br />${text}`)}</li>`;
      })}
    </ul>`;
}

function lateArrivals({ tombstoned }: StoreProof): string {
  if (tombstoned === null) return "would stay: it cannot close a run";
  return tombstoned ? "dropped: the run is closed" : "would stay: the run is not closed";
}

function rowsOf(rows: RowCounts | null): string {
  if (rows === null) return "not read";
  const stores = Object.entries(rows);
  return stores.length === 0 ? "none" : stores.map(([store, count]) => `${store} ${formatCount(count)}`).join(", ");
}

function sweeps(entries: readonly CleanupEntry[]): Html {
  return html`<h3 class="sub">Sweeps</h3>
    ${table({
      columns: [
        { head: "begun", kind: "heading" },
        { head: "deleted", kind: "number" },
        { head: "batches", kind: "number" },
        { head: "left", kind: "number" },
        { head: "result", kind: "text" },
      ],
      rows: entries.map((entry) => [
        `${formatInstant(entry.at)}${entry.dryRun ? " (dry run)" : ""}`,
        formatCount(entry.deleted),
        formatCount(entry.stores.reduce((sum, { batches }) => sum + batches, 0)),
        entry.residue === null ? "-" : formatCount(entry.residue),
        entry.dryRun ? signed("unsure", "dry run") : entry.verified ? signed("good", "verified") : signed("bad", "not verified"),
      ]),
    })}`;
}

/** The rows that are not ours: how many, and their checksum, at each look; and what became of each that changed. */
function untagged({ cleanup }: RunRecord, { stores: proofs }: CleanupEntry): Html | null {
  if (proofs.length === 0) return null;
  const rows = proofs.flatMap(({ name, untaggedBefore, untaggedAfter }) => {
    const looks = [
      ["before the first write", cleanup?.baseline?.[name]?.untagged ?? null],
      ["before the sweep", untaggedBefore],
      ["after the sweep", untaggedAfter],
    ] as const;
    return looks.map(([when, state]) => [
      proofs.length > 1 ? `${name}, ${when}` : when,
      state === null ? "not read" : formatCount(state.count),
      state === null ? "-" : html`<code class="checksum">${state.checksum}</code>`,
    ]);
  });
  return html`<h3 class="sub">Rows that are not this run's</h3>
    ${table({
      columns: [
        { head: "looked at", kind: "heading" },
        { head: "rows", kind: "number" },
        { head: "checksum", kind: "text" },
      ],
      rows,
    })}
    ${proofs.map(changes)}`;
}

function changes({ name, changes: told, changesTotal, unexplained }: StoreProof): Html | null {
  if (changesTotal === 0) return null;
  const more = changesTotal > told.length ? ` The first ${told.length} are listed.` : "";
  return html`<p class="lead">
      ${name}: ${countOf(changesTotal, "row")} changed, ${formatCount(changesTotal - unexplained)} explained one by one.${more}
    </p>
    ${table({
      columns: [
        { head: "row", kind: "heading" },
        { head: "was", kind: "text" },
        { head: "why", kind: "text" },
        { head: "", kind: "text" },
      ],
      rows: told.map(changeRow),
    })}`;
}

function changeRow({ place, key, change, because, explained }: UntaggedChange): Part[] {
  return [
    html`${place} <code>${key}</code>`,
    change,
    because,
    explained ? signed("good", "explained") : signed("bad", "not explained"),
  ];
}
