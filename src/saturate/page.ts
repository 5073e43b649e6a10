import type { SaturationFile, SaturationReading, SaturationStep } from "../model/saturation.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";
import { figure, type Table } from "../report/charts/figure.ts";
import { html, type Html } from "../report/html.ts";
import { renderPage } from "../report/page.ts";
import { formatInstant } from "../report/quantity.ts";
import { sign, type State } from "../report/state.ts";
import { drawSaturation } from "./chart.ts";
import { formatEstimate, formatLatency, perSec, pingUs, rounded } from "./figures.ts";

/** The sweep's `report.html`: one page that loads nothing and has no script. The same document gives the same bytes. */
export function renderSaturation(file: SaturationFile): string {
  const title = `Saturation of ${file.operation}: ${file.scenario} (${file.runId})`;
  const body = html`${head(file)}
    <main>${sweepSection(file)} ${readingSection(file)} ${makingSection(file)}</main>
    <footer>
      Peakproof ${file.version}, run ${file.runId}. This page loads nothing; its figures are in
      <code>saturate.json</code> beside it.
    </footer>`;
  return renderPage({ title, version: file.version, policy, body });
}

const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const words: Readonly<Record<SaturationReading, string>> = {
  "no-limit-found": "No limit found",
  "one-loop": "One core or event loop",
  "serial-resource": "A serial resource",
  pool: "A pool or cap",
  "all-cores": "All cores",
  "rate-quota": "A rate quota",
  "generator-limited": "The generator was the limit",
  "not-enough-evidence": "Not enough evidence",
};

/** A limit that was found is neither good nor bad: it is known, or it is not. */
function stateOf({ saturation }: SaturationFile): State {
  const isKnown = saturation.reading !== "not-enough-evidence" && saturation.reading !== "generator-limited";
  return { tone: isKnown ? "good" : "unsure", words: words[saturation.reading] };
}

function head(file: SaturationFile): Html {
  const state = stateOf(file);
  const warnings = [
    ...file.notes,
    ...(file.interrupted ? ["The sweep was interrupted: this is what was measured by then."] : []),
  ];
  return html`<header>
    <div class="masthead">
      <span><strong>Peakproof</strong> saturation report</span> <span>${file.runId}</span>
    </div>
    <p class="state ${state.tone}">${sign(state.tone, 26)} <span>${state.words}</span></p>
    <h1>${file.saturation.sentence}</h1>
    <dl class="facts">
      ${facts(file).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${
      warnings.length === 0
        ? null
        : html`<ul class="problems">
            ${warnings.map((warning) => html`<li>${warning}</li>`)}
          </ul>`
    }
  </header>`;
}

function facts({ saturation, target, scenario, operation, startedAt, stopped }: SaturationFile): [string, string][] {
  const { ceilingPerSec, unloadedUs, parallelism, isLowerBound, reading } = saturation;
  const least = isLowerBound ? "at least " : "";
  return [
    ["X_max, accepted per second", ceilingPerSec === null ? "-" : `${least}${formatEstimate(ceilingPerSec, rounded)}`],
    ["S1, latency of one connection", unloadedUs === null ? "-" : formatEstimate(unloadedUs, formatUs)],
    [
      "c = X_max x S1, side by side",
      parallelism === null || reading === "rate-quota" ? "-" : `${least}${formatEstimate(parallelism, rounded)}`,
    ],
    ["Ended", stopped],
    ["Target", target],
    ["Scenario", scenario],
    ["Operation", operation],
    ["Started", formatInstant(startedAt)],
  ];
}

const bandNote = "The band is the 95 % interval of the ceiling.";
const dashedNote =
  "Dashed: what a target would do that serves c at a time and has no other limit; points on it have nothing else in their way.";

function sweepSection(file: SaturationFile): Html {
  if (file.steps.length === 0)
    return html`<section>
      <h2>The sweep</h2>
      <p>No step was measured.</p>
    </section>`;
  return html`<section>
    <h2>The sweep</h2>
    <p class="lead">
      A closed loop: each connection asks again as soon as it has its reply, so the target sets the pace. It shows a ceiling; how
      long a crowd would wait it does not show.
    </p>
    ${figure({
      id: "saturation",
      title: "Throughput and latency by connections",
      note: file.saturation.reading === "rate-quota" ? bandNote : `${dashedNote} ${bandNote}`,
      description: `Two panels over 1 to ${file.steps.at(-1)?.connections ?? 1} connections: accepted replies per second, and latency with that of a trivial request. ${file.saturation.sentence}`,
      draw: (layout) => drawSaturation(file, layout),
      table: stepTable(file),
      open: true,
    })}
  </section>`;
}

interface StepColumn {
  readonly head: string;
  readonly kind: "heading" | "number" | "word";
  readonly cell: (step: SaturationStep) => string;
}

const stepColumns: readonly StepColumn[] = [
  { head: "N", kind: "heading", cell: ({ connections }) => String(connections) },
  { head: "X, ok/s", kind: "number", cell: (step) => formatCount(Number(perSec(step).toPrecision(4))) },
  { head: "R mean", kind: "number", cell: ({ meanUs }) => formatLatency(meanUs) },
  { head: "p50", kind: "number", cell: ({ p50Us }) => formatLatency(p50Us) },
  { head: "p99", kind: "number", cell: ({ p99Us }) => formatLatency(p99Us) },
  { head: "trivial", kind: "number", cell: (step) => formatLatency(pingUs(step)) },
  { head: "refused", kind: "number", cell: ({ rejected }) => countText(rejected) },
  { head: "failed", kind: "number", cell: ({ failed }) => countText(failed) },
  { head: "in flight by latencies", kind: "number", cell: ({ inFlight }) => rounded(inFlight) },
  { head: "generator busy", kind: "number", cell: ({ eventLoopShare }) => formatShare(eventLoopShare) },
  { head: "errors", kind: "word", cell: ({ errors }) => errorText(errors) },
];

const countText = (count: number): string => (count === 0 ? "-" : formatCount(count));

function errorText(errors: SaturationStep["errors"]): string {
  const texts = Object.entries(errors).map(([key, count]) => `${key} (${formatCount(count)})`);
  return texts.join(", ") || "-";
}

/** Without the columns that have nothing in them. */
function stepTable({ steps }: SaturationFile): Table {
  const columns = stepColumns.filter(({ cell }) => steps.some((step) => cell(step) !== "-"));
  return { columns, rows: steps.map((step) => columns.map(({ cell }) => cell(step))) };
}

function readingSection({ saturation }: SaturationFile): Html {
  const doubts = saturation.doubts.map(({ connections, because }) => `With ${connections} connections: ${because}.`);
  return html`<section>
    <h2>Why it reads so</h2>
    <ul class="problems">
      ${[...saturation.evidence, ...doubts].map((text) => html`<li>${text}</li>`)}
    </ul>
    <p class="note">${saturation.method}</p>
  </section>`;
}

function makingSection(file: SaturationFile): Html {
  const pairs: [string, string][] = [
    ["Generator", `${file.generator}, closed loop without a rate, ${file.workers} thread${file.workers === 1 ? "" : "s"}`],
    [
      "Requests",
      `${formatCount(file.totals.sent)} sent, ${formatCount(file.totals.answered)} answered, ${formatCount(file.totals.abandoned)} abandoned; ${formatCount(file.requests)} different ones in turn, tagged as probes`,
    ],
    ["Windows", file.steps.map(({ connections, windowUs }) => `N=${connections}: ${formatUs(windowUs)}`).join(", ")],
    ["Machine", `${file.machine.cpuModel}, ${file.machine.cores} cores, Node ${file.machine.node}`],
  ];
  return html`<section>
    <h2>How it was made</h2>
    <dl class="pairs">
      ${pairs.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </section>`;
}
