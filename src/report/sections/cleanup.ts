/** The proof, for auditors, that nothing was left behind. */
import type { CleanupEntry, RowCounts } from "../../model/cleanup.ts";
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
    ${last === undefined ? noCleanup(record) : proof(last, summary)} ${entries.length === 0 ? null : sweeps(entries)}
    ${last === undefined ? null : untagged(record, last)}
  </section>`;
}

function journalSentence({ journal }: RunRecord): string {
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

function proof(entry: CleanupEntry, { cleanup }: Summary): Html {
  const verified: [Tone, string] = entry.verified ? ["good", "verified"] : ["bad", "not verified"];
  const cells: [string, Part][] = [
    ["created", formatCount(cleanup?.created ?? entry.plan.created)],
    ["unknown", formatCount(cleanup?.unknown ?? entry.plan.unknown)],
    ["deleted", formatCount(entry.deleted)],
    ["left (residue)", entry.residue === null ? "not read" : formatCount(entry.residue)],
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
    ${
      entry.problems.length === 0
        ? null
        : html`<ul class="problems">
            ${entry.problems.map((problem) => html`<li>${problem}</li>`)}
          </ul>`
    }
    <p class="note">
      ${entry.tombstoned ? "The run is tombstoned: the target drops what of it arrives late." : "The run is not tombstoned: a write that was accepted (202) may still land late."}
      ${entry.plan.kind === "http" && entry.plan.url !== null ? html`Swept with <code>${entry.plan.url}</code>${entry.plan.tokenFrom === null ? null : html`, token from <code>${entry.plan.tokenFrom}</code>`}.` : null}
    </p>`;
}

function rowsOf(rows: RowCounts | null): string {
  if (rows === null) return "not read";
  const stores = Object.entries(rows);
  return stores.length === 0 ? "none" : stores.map(([store, count]) => `${store} ${formatCount(count)}`).join(", ");
}

function sweeps(entries: readonly CleanupEntry[]): Html {
  return table({
    columns: [
      { head: "sweep", kind: "heading" },
      { head: "rows of this run before", kind: "text" },
      { head: "deleted", kind: "number" },
      { head: "batches", kind: "number" },
      { head: "left", kind: "number" },
      { head: "result", kind: "text" },
    ],
    rows: entries.map((entry) => [
      `${formatInstant(entry.at)}${entry.dryRun ? " (dry run)" : ""}`,
      rowsOf(entry.before),
      formatCount(entry.deleted),
      formatCount(entry.batches),
      entry.residue === null ? "-" : formatCount(entry.residue),
      entry.dryRun ? signed("unsure", "dry run") : entry.verified ? signed("good", "verified") : signed("bad", "not verified"),
    ]),
  });
}

/** The rows that are not ours: how many, and their checksum, at each look. */
function untagged({ cleanup }: RunRecord, { untaggedBefore, untaggedAfter }: CleanupEntry): Html {
  const looks = [
    ["before the first write", cleanup?.baseline?.untagged ?? null],
    ["before the sweep", untaggedBefore],
    ["after the sweep", untaggedAfter],
  ] as const;
  const rows = looks.map(([when, state]) => [
    when,
    state === null ? "not read" : formatCount(state.count),
    state === null ? "-" : html`<code>${state.checksum}</code>`,
  ]);
  return html`<h3 class="sub">Rows that are not this run's</h3>
    ${table({
      columns: [
        { head: "looked at", kind: "heading" },
        { head: "rows", kind: "number" },
        { head: "checksum", kind: "word" },
      ],
      rows,
    })}`;
}
