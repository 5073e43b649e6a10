/** What went wrong, by error key, with what the target said. All of it is the target's text. */
import type { RunRecord } from "../../model/record.ts";
import type { RequestSample } from "../../model/sample.ts";
import { formatCount, formatShare, formatUs } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { stepNames } from "../step-names.ts";
import { retriesPart } from "./retries.ts";
import type { StepView } from "../step-view.ts";

/** Most keys that get a row, and samples shown of each: a hostile record must not make an endless page. */
const keysMost = 100;
const samplesMost = 5;
const slowMost = 20;
/** Letters shown of one reply: as many as a sample holds, unless someone edited the record. */
const replyLetters = 1_000;

export function errorsSection(record: RunRecord, steps: readonly StepView[]): Html {
  const totals = new Map<string, number>();
  for (const { summary } of steps) {
    for (const [key, count] of Object.entries(summary.errors)) totals.set(key, (totals.get(key) ?? 0) + count);
  }
  const ranked = [...totals].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = ranked.slice(0, keysMost);
  const due = steps.reduce((sum, { summary }) => sum + summary.due, 0);
  return html`<section id="errors">
    <h2>Errors</h2>
    <p class="lead">Every request that was due and did not end well, by what ended it. Warm-up and ramps are left out.</p>
    ${ranked.length === 0 ? html`<p>There was none.</p>` : keyTable(shown, steps, due)}
    ${ranked.length > shown.length ? html`<p class="note">${ranked.length - shown.length} further keys are in summary.json.</p>` : null}
    ${retriesPart(steps)}${samplesByKey(
      record,
      shown.map(([key]) => key),
    )}${slowSamples(record)}
  </section>`;
}

function keyTable(ranked: readonly (readonly [string, number])[], steps: readonly StepView[], due: number): Html {
  return table({
    columns: [
      { head: "error", kind: "heading" },
      ...steps.map(({ label }) => ({ head: label, kind: "number" }) as const),
      { head: "in all", kind: "number" },
      { head: "of due", kind: "number" },
    ],
    rows: ranked.map(([key, count]) => [
      html`<code>${key}</code>`,
      ...steps.map(({ summary }) => formatCount(summary.errors[key] ?? 0)),
      formatCount(count),
      due === 0 ? "-" : formatShare(count / due),
    ]),
  });
}

/** Samples of the keys in the table, then of keys that only the warm-up had. */
function samplesByKey(record: RunRecord, ranked: readonly string[]): Html {
  const errors = record.samples.filter(({ why }) => why === "error");
  const byKey = Map.groupBy(errors, ({ key }) => String(key));
  const keys = [...new Set([...ranked, ...byKey.keys()])].slice(0, keysMost);
  const details = keys.map((key) => {
    const samples = byKey.get(key)?.slice(0, samplesMost) ?? [];
    if (samples.length === 0) return null;
    return html`<details>
      <summary>Samples of <code>${key}</code> (${samples.length})</summary>
      ${samples.map((sample) => sampleBlock(record, sample))}
    </details>`;
  });
  return html`${details}`;
}

function slowSamples(record: RunRecord): Html | null {
  const slow = record.samples
    .filter(({ why }) => why === "slow")
    .toSorted((a, b) => (b.responseUs ?? 0) - (a.responseUs ?? 0))
    .slice(0, slowMost);
  if (slow.length === 0) return null;
  const rows = slow.map((sample) => [
    html`<code>${sample.request}</code>`,
    stepName(record, sample),
    secondsAt(sample),
    durationOf(sample),
    html`<code>${sample.traceId}</code>`,
  ]);
  const columns = [
    { head: "request", kind: "word" },
    { head: "step", kind: "text" },
    { head: "at", kind: "number" },
    { head: "response", kind: "number" },
    { head: "trace id", kind: "word" },
  ] as const;
  return html`<details>
    <summary>The slowest requests that were answered (${slow.length})</summary>
    ${table({ columns, rows })}
  </details>`;
}

function sampleBlock(record: RunRecord, sample: RequestSample): Html {
  return html`<pre>
${sample.request}
${sample.status === null ? "no status" : `status ${sample.status}`}, ${durationOf(sample)}, step ${stepName(record, sample)}, at ${secondsAt(sample)}, trace ${sample.traceId}

${sample.reply === "" ? "(empty reply)" : sample.reply.slice(0, replyLetters)}</pre>`;
}

function stepName({ run }: RunRecord, { step }: RequestSample): string {
  const own = run.steps.find(({ index }) => index === step);
  return (own === undefined ? undefined : stepNames(run.steps).get(own)) ?? "-";
}

const secondsAt = ({ t }: RequestSample): string => `${formatCount(Math.round(t / 1e5) / 10)} s`;
const durationOf = ({ responseUs }: RequestSample): string => (responseUs === null ? "never answered" : formatUs(responseUs));
