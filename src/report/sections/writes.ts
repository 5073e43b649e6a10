/** Whether accepted writes were there afterwards: how many of how many were looked for, and what that proves of the rest. */
import { worthFinding } from "../../model/detection.ts";
import type { RunFile, WriteTruth } from "../../model/run.ts";
import { formatCount, formatShare, formatUs } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { signed } from "../state.ts";
import { truthText, writesTone } from "../writes-text.ts";

const toneWords: Record<ReturnType<typeof writesTone>, string> = { good: "right", bad: "wrong", unsure: "not known" };

/** Null where nothing was read back. */
export function writesSection({ writes }: RunFile): Html | null {
  const truths = Object.entries(writes ?? {});
  if (truths.length === 0) return null;
  return html`<section id="writes">
    <h2>Writes read back</h2>
    <p class="lead">
      "Accepted" is not "stored": some of the writes that the target accepted, chosen at random, were asked for afterwards, until
      they were there or their time was over.
    </p>
    ${truths.map(([name, truth]) => html`<p>${signed(writesTone(truth), toneWords[writesTone(truth)])} ${truthText(name, truth)}.</p>`)}
    ${table({
      columns: [
        { head: "operation", kind: "heading" },
        ...[
          "accepted",
          "read back",
          "there",
          "lost",
          "more than once",
          "not known",
          "seen after (median)",
          "p99",
          "at most",
          "lost at most",
        ].map((head) => ({ head, kind: "number" }) as const),
        { head: `chance to find ${formatShare(worthFinding)}`, kind: "number" },
      ],
      rows: truths.map(([name, truth]) => row(name, truth)),
    })}
    <p class="note">
      ${openText(truths)} "Lost at most" holds for all accepted writes, with 95 % confidence (Clopper-Pearson); the chance to find
      is that of at least one of so many lost writes being among those read back.
    </p>
    ${truths.map(([name, { examples }]) => [traces(`"${name}" that are lost`, examples.lost), traces(`"${name}" applied more than once`, examples.twice)])}
  </section>`;
}

/** How much earlier writes may have been there than they were seen. */
function openText(truths: readonly (readonly [string, WriteTruth])[]): string | null {
  const open = truths.flatMap(([name, { lateUs }]) => (lateUs === null ? [] : [`${formatUs(lateUs.openUs)} ("${name}")`]));
  if (open.length === 0) return null;
  return `A write may have been there before it was first seen, by up to the time between two looks: ${open.join(", ")} at the median.`;
}

function traces(what: string, ids: readonly string[]): Html | null {
  return ids.length === 0 ? null : html`<p>Traces of ${what}: <code>${ids.join(" ")}</code></p>`;
}

function row(name: string, truth: WriteTruth): string[] {
  const { accepted, sampled, visible, lost, duplicated, notKnown, lateUs, proof } = truth;
  const late = lateUs === null ? ["-", "-", "-"] : [lateUs.p50, lateUs.p99, lateUs.max].map(formatUs);
  return [
    name,
    ...[accepted, sampled, visible, lost].map(formatCount),
    duplicated === null ? "not told" : formatCount(duplicated),
    formatCount(notKnown),
    ...late,
    formatShare(proof.lostAtMost),
    formatShare(proof.detection),
  ];
}
