/** The first page: the answer in one sentence, and what it is an answer about. */
import { isUnverified, type StepPlan } from "../../model/plan.ts";
import type { RunRecord } from "../../model/record.ts";
import type { Summary } from "../../model/summary.ts";
import { formatCount, formatUs } from "../../model/units.ts";
import { html, type Html } from "../html.ts";
import { formatInstant } from "../quantity.ts";
import { exitText, sign, stateOf } from "../state.ts";

/** Masthead, state, sentence and facts. */
export function headSection(record: RunRecord, summary: Summary, contents: readonly Entry[]): Html {
  const { run } = record;
  const state = stateOf(summary);
  const [headline = "", ...remarks] = summary.answer.sentence.split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  return html`<header>
    <div class="masthead">
      <span><strong>Peakproof</strong> capacity report</span> <span>${run.runId}</span>
    </div>
    ${insecureBanner(record)}
    <p class="state ${state.tone}">${sign(state.tone, 26)} <span>${state.words}</span></p>
    <h1>${headline}</h1>
    ${remarks.length === 0 ? null : html`<p class="lead">${remarks.join(" ")}</p>`}
    <dl class="facts">
      ${facts(record, summary).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${warnings(record, summary)}
    <nav aria-label="Contents">${contents.map(([id, name]) => html`<a href="#${id}">${name}</a> `)}</nav>
  </header>`;
}

/** An entry of the table of contents. */
export type Entry = readonly [id: string, name: string];

/** Said before any number: whoever stands between could have answered in the target's place. */
function insecureBanner({ run }: RunRecord): Html | null {
  if (!isUnverified(run.plan)) return null;
  return html`<p class="banner" role="note">
    <strong>Insecure:</strong> certificates were not verified, so it is not proven who answered.
  </p>`;
}

function facts({ run, series }: RunRecord, summary: Summary): [string, string][] {
  const steps = run.plan.steps.filter(({ role }) => role === "step");
  const lastUs = run.ended?.atUs ?? series.at(-1)?.t ?? 0;
  return [
    run.plan.targets.length > 1 ? ["Targets", run.plan.targets.join(", ")] : ["Target", summary.target],
    ["Scenario", summary.scenario],
    ["Peak (1x)", `${formatCount(run.plan.peakRatePerSec)} requests/s`],
    [run.ended?.how === "finished" ? "Multiples held" : "Multiples planned", heldText(steps)],
    ["Started", formatInstant(run.startedAt)],
    ["Duration", run.ended === null ? `${formatUs(lastUs)} recorded, no end` : formatUs(lastUs)],
    ["Validity", summary.validity.grade],
    ["Exit code", exitText(summary.exitCode)],
  ];
}

/** Steps that are named one by one; more are counted. */
const namedStepsMost = 8;

/** `1x, 2x, 3x for 30 s each`, or each with its own time; of many, how many and between what. */
function heldText(steps: readonly StepPlan[]): string {
  const [first, ...rest] = steps;
  if (first === undefined) return "none";
  const multiples = steps.map(({ multiple }) => multiple);
  if (steps.length > namedStepsMost) return `${steps.length} steps from ${Math.min(...multiples)}x to ${Math.max(...multiples)}x`;
  if (rest.some(({ holdUs }) => holdUs !== first.holdUs))
    return steps.map(({ multiple, holdUs }) => `${multiple}x for ${formatUs(holdUs)}`).join(", ");
  return `${multiples.map((multiple) => `${multiple}x`).join(", ")} for ${formatUs(first.holdUs)}${rest.length > 0 ? " each" : ""}`;
}

/** What a reader must know before believing a number: a run cut short, doubts about validity, why the exit code is not 0. */
function warnings({ run, problems }: RunRecord, { answer, validity, exitReasons }: Summary): Html | null {
  const stopped = stopText(run, answer.sentence);
  const parts =
    problems.length === 0
      ? []
      : [`Parts of the record could not be read (${problems.map(({ file }) => file).join(", ")}); see the end of this report.`];
  // As one reads them by themselves, exit reasons repeat why the run ended and why it is not valid: that has been said by then.
  const said = new Set([run.ended?.reason, ...validity.reasons.map((reason) => `the run is not valid: ${reason}`)]);
  const further = exitReasons.filter((reason) => !said.has(reason)).map(capitalised);
  const sentences = [...new Set([...(stopped === null ? [] : [stopped]), ...validity.reasons, ...further, ...parts])];
  if (sentences.length === 0) return null;
  return html`<ul class="problems">
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** How the run ended before its time; null where it did not, or where the answer says so. */
function stopText({ ended }: RunRecord["run"], answer: string): string | null {
  if (ended === null)
    return "The run has no end: it was killed or is still going on. What follows is what it had written by then.";
  if (ended.how === "finished" || (ended.reason !== null && answer.includes(ended.reason))) return null;
  return `The run was ${ended.how}${ended.reason === null ? "" : `: ${ended.reason}`}.`;
}
