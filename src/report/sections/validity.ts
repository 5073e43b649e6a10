/** Whether the numbers can be believed: what the generator itself did, and whether its books balance. */
import type { RunRecord } from "../../model/record.ts";
import type { Calibration, StepRecord, ValidityGrade } from "../../model/run.ts";
import type { Summary } from "../../model/summary.ts";
import { formatCount, formatShare, formatUs } from "../../model/units.ts";
import { unansweredOf, unsentOf } from "../attempts.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { littlesLaws } from "../littles-law.ts";
import { formatInstant } from "../quantity.ts";
import { stepNames } from "../step-names.ts";
import type { StepView } from "../step-view.ts";

const gradeWords: Record<ValidityGrade, string> = {
  valid: "Valid: the generator kept to its schedule, so what was measured is the target.",
  "lower-bound": "A lower bound: from some rate on the generator was the limit, so the target can do this much at least.",
  invalid: "Not valid: what was measured says nothing about the target.",
};

export function validitySection({ run }: RunRecord, { validity }: Summary, steps: readonly StepView[]): Html {
  return html`<section id="validity">
    <h2>Validity</h2>
    <p class="lead">${gradeWords[validity.grade] ?? validity.grade}</p>
    ${reasons(validity.reasons)}
    ${steps.length === 0 ? null : html`${intended(steps)}`}${balance(run.steps)}${calibrated(run.calibration)}
  </section>`;
}

function reasons(sentences: readonly string[]): Html | null {
  if (sentences.length === 0) return null;
  return html`<ul class="problems">
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}

/** Intended and offered load, and what was lost on the way. */
function intended(steps: readonly StepView[]): Html {
  return html`<h3 class="sub">Intended and offered load</h3>
    <p class="note">
      What was due is the intended load, what was sent the offered load; the difference is loss (RFC 9971), not a lower load. In
      budgets what was never sent, or never answered, counts as infinitely late.
    </p>
    ${table({
      columns: [
        { head: "step", kind: "heading" },
        ...["due", "sent", "loss", "of due", "answered", "unanswered", "lag p99"].map(
          (head) => ({ head, kind: "number" }) as const,
        ),
      ],
      rows: steps.map(({ label, summary }) => [
        label,
        formatCount(summary.due),
        formatCount(summary.sent),
        formatCount(unsentOf(summary)),
        summary.due === 0 ? "-" : formatShare(unsentOf(summary) / summary.due),
        formatCount(summary.done),
        formatCount(unansweredOf(summary)),
        summary.lagUs?.p99 == null ? "-" : formatUs(summary.lagUs.p99),
      ]),
    })}`;
}

/** Little's law wherever both accounts are in the record; null where they are nowhere. */
function balance(all: readonly StepRecord[]): Html | null {
  const names = stepNames(all);
  const rows = littlesLaws(all).map(({ steps, inFlightUs, residenceUs, timeUs, deviation }) => {
    const ends = [...new Set([steps[0], steps.at(-1)])].map((step) => (step === undefined ? "" : names.get(step)));
    return [ends.join(" … "), seconds(inFlightUs), seconds(residenceUs), formatShare(deviation), formatUs(timeUs)];
  });
  if (rows.length === 0) return null;
  return html`<h3 class="sub">Little's law</h3>
    <p class="note">
      The time that requests were under way, all of them added up, is counted twice: by the transport, from how many it carries at
      each moment, and by each request's own clocks. By Little's law the two are equal; if they differ, one of them lost or
      invented something.
    </p>
    ${table({
      columns: [
        { head: "step", kind: "heading" },
        { head: "by the transport", kind: "number" },
        { head: "by their clocks", kind: "number" },
        { head: "they differ by", kind: "number" },
        { head: "mean of each", kind: "number" },
      ],
      rows,
    })}
    <p class="note">
      From a step's begin to the end of its last request; steps that follow one another without a pause have one account.
    </p>`;
}

function seconds(us: number): string {
  return `${formatCount(us / 1e6)} s`;
}

function calibrated(calibration: Calibration | undefined): Html {
  return html`<h3 class="sub">The generator by itself</h3>
    <p class="note">
      ${
        calibration === undefined
          ? "It was not tried before this run, so its own ceiling on this machine is not known."
          : `Tried against a server that does nothing, on this machine and with these settings (${formatInstant(calibration.measuredAt)}), it kept its lag p99 within 5 ms up to ${formatCount(Math.round(calibration.cleanRatePerSec))} requests/s, at ${formatCount(calibration.cpuUsPerRequest)} us of CPU per request. Steps below that rate are the target's doing, unless this report says otherwise.`
      }
    </p>`;
}
