/** What was found: each cause with its evidence and what to do, then what was ruled out and what could not be judged. */
import type { Evidence, Finding, Severity, Verdict } from "../../model/finding.ts";
import { formatShare } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { codeInWords, formatQuantity } from "../quantity.ts";
import { fill } from "../theme.ts";

export function findingsSection({ findings, ruledOut, notJudged }: Verdict): Html {
  const other = [
    { title: "Ruled out", rows: ruledOut.map(({ code, because }) => [codeInWords(code), because]), head: "because" },
    {
      title: "Not judged for want of evidence",
      rows: notJudged.map(({ code, missing }) => [codeInWords(code), missing]),
      head: "missing",
    },
  ];
  return html`<section id="findings">
    <h2>Findings</h2>
    <p class="lead">
      A problem is a cause, a symptom follows from one, information says what is not a problem. Each number can be derived again
      from the run record.
    </p>
    ${findings.length === 0 ? html`<p>Nothing was found.</p>` : findings.map(findingArticle)}
    ${other.map(({ title, rows, head }) =>
      rows.length === 0
        ? null
        : html`<details>
            <summary>${title} (${rows.length})</summary>
            ${table({
              columns: [
                { head: "cause", kind: "heading" },
                { head, kind: "word" },
              ],
              rows,
            })}
          </details>`,
    )}
  </section>`;
}

const severityWords: Record<Severity, string> = { problem: "▲ Problem", symptom: "◆ Symptom", information: "● Information" };
const severityTone: Record<Severity, string> = { problem: "t-bad", symptom: "", information: "t-unsure" };

function findingArticle({ code, severity, confidence, explains, evidence, advice }: Finding): Html {
  return html`<article class="finding ${severity}">
    <div class="finding-head">
      <span class="verdict-word ${severityTone[severity]}">${severityWords[severity]}</span>
      <h3>${codeInWords(code)}</h3>
      <span class="code">${code}</span>
    </div>
    <div class="measures">
      <span>confidence ${formatShare(confidence)}</span>
      ${severity === "information" || explains === 0 ? null : html`<span>explains ${formatShare(explains)} of the loss ${shareBar(explains)}</span>`}
    </div>
    <p>${advice}</p>
    ${evidence.length === 0 ? html`<p class="note">No number speaks for it.</p>` : evidenceTable(evidence)}
  </article>`;
}

function shareBar(share: number): Html {
  const width = Math.round(120 * Math.min(1, Math.max(0, share)));
  return html`<svg width="120" height="9" aria-hidden="true">
    <rect ${fill("grid")} width="120" height="9" />
    <rect ${fill("ink")} width="${width}" height="9" />
  </svg>`;
}

function evidenceTable(evidence: readonly Evidence[]): Html {
  return table({
    columns: [
      { head: "evidence", kind: "word" },
      { head: "measured", kind: "number" },
      { head: "held against", kind: "number" },
      { head: "over", kind: "text" },
    ],
    rows: evidence.map(({ signal, measured, threshold, unit, window }) => [
      signal,
      formatQuantity(measured, unit),
      threshold === null ? "-" : formatQuantity(threshold, unit),
      window,
    ]),
  });
}
