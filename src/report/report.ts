import { createHash } from "node:crypto";
import type { CleanupEntry } from "../model/cleanup.ts";
import type { Verdict } from "../model/finding.ts";
import type { RunRecord } from "../model/record.ts";
import type { Summary } from "../model/summary.ts";
import { html, type Html, trusted } from "./html.ts";
import { renderPage } from "./page.ts";
import { enhanceScript } from "./script.ts";
import { budgetsSection } from "./sections/budgets.ts";
import { capacitySection } from "./sections/capacity.ts";
import { cleanupSection } from "./sections/cleanup.ts";
import { errorsSection } from "./sections/errors.ts";
import { findingsSection } from "./sections/findings.ts";
import { handshakeSection } from "./sections/handshake.ts";
import { type Entry, headSection } from "./sections/head.ts";
import { journeysSection } from "./sections/journeys.ts";
import { latencySection } from "./sections/latency.ts";
import { makingSection } from "./sections/making.ts";
import { thirdPartiesSection } from "./sections/third-parties.ts";
import { timelineSection } from "./sections/timeline.ts";
import { validitySection } from "./sections/validity.ts";
import { writesSection } from "./sections/writes.ts";
import { stepViews } from "./step-view.ts";
import { soundRecord } from "./sound-record.ts";
import { stateOf } from "./state.ts";

export interface ReportInput {
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly summary: Summary;
  /** All sweeps so far, oldest first. */
  readonly cleanupEntries: readonly CleanupEntry[];
}

/**
 * `report.html`: one page that needs nothing else. All pictures are in the text, it asks no server for anything, and it is read
 * in full where scripts and styles are blocked (Jenkins serves artifacts under `default-src 'none'`). The same input gives the
 * same bytes. A record cut short by a crash renders as far as it goes and says what is missing.
 */
export function renderReport(given: ReportInput): string {
  const input = { ...given, record: soundRecord(given.record) };
  const { record, summary } = input;
  const title = `${stateOf(summary).words}: ${summary.scenario} (${summary.runId})`;
  const content = html`${body(input)} ${script}`;
  return renderPage({ title, version: record.run.version, policy: contentSecurityPolicy, body: content });
}

// As plain text, not as a template: a formatter may add spaces to a template, and the policy names the script by its exact bytes.
const script = trusted(`<script>${enhanceScript}</script>`);

/** Nothing may be loaded; the one style sheet and the one script are let in by what they contain. */
const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(enhanceScript)}`,
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function body({ record, verdict, summary, cleanupEntries }: ReportInput): Html {
  const steps = stepViews(record, summary);
  const sections: readonly (readonly [...Entry, Html | null])[] = [
    ["capacity-section", "Capacity", capacitySection(record, summary, steps)],
    ["latency-section", "Latency", latencySection(record, steps)],
    ["journeys", "Journeys", journeysSection(record, steps)],
    ["timeline-section", "Timeline", timelineSection(record, summary.answer)],
    ["findings", "Findings", findingsSection(verdict)],
    ["budgets", "Budgets", budgetsSection(summary.budgets)],
    ["third-parties", "Third parties", thirdPartiesSection(record.run)],
    ["handshake", "Handshake", handshakeSection(record.run)],
    ["writes", "Writes", writesSection(record.run)],
    ["cleanup", "Cleanup", cleanupSection(record, summary, cleanupEntries)],
    ["errors", "Errors", errorsSection(record, steps)],
    ["validity", "Validity", validitySection(record, summary, steps)],
    ["making", "How the run was made", makingSection(record)],
  ];
  const shown = sections.filter(([, , section]) => section !== null);
  return html`${headSection(
      record,
      summary,
      shown.map(([id, name]) => [id, name]),
    )}
    <main>${shown.map(([, , section]) => section)}</main>
    <footer>
      Peakproof ${record.run.version}, run ${summary.runId}. This page is made from the run record alone and loads nothing;
      <code>peakproof report ${record.dir}</code> makes it again.
    </footer>`;
}
