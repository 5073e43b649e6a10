/** The run over time: the traffic, and what the machines did meanwhile. */
import type { RunRecord } from "../../model/record.ts";
import type { Answer } from "../../model/verdict.ts";
import { machineFigure } from "../charts/machine.ts";
import { timelineFigure } from "../charts/timeline.ts";
import { html, type Html } from "../html.ts";

export function timelineSection(record: RunRecord, answer: Answer): Html {
  return html`<section id="timeline-section">
    <h2>Timeline</h2>
    <p class="lead">
      The whole run, warm-up included. With a script allowed, point at a second or use the arrow keys to read its numbers.
    </p>
    ${timelineFigure(record, answer)}${machineFigure(record, answer)}
  </section>`;
}
