/** How a verdict is shown at a glance: a word, a sign and a tone, so that nothing depends on colour alone. */
import type { Summary } from "../model/summary.ts";
import { html, type Html } from "./html.ts";
import { fill, type Role, stroke } from "./theme.ts";

export type Tone = "good" | "bad" | "unsure";

export interface State {
  readonly tone: Tone;
  /** Two to four words: `Breaks at 5x`. */
  readonly words: string;
}

/** What the run showed. An invalid run shows nothing, whatever its numbers; a step that broke is said before what held. */
export function stateOf({ validity, answer }: Pick<Summary, "validity" | "answer">): State {
  if (validity.grade === "invalid") return { tone: "unsure", words: "Not valid" };
  if (answer.breaksAt !== null) return { tone: "bad", words: `Breaks at ${answer.breaksAt}x` };
  if (answer.holdsMultiple === null) return { tone: "unsure", words: "No answer" };
  const atLeast = validity.grade === "lower-bound" ? "at least " : "";
  return { tone: "good", words: `Holds ${atLeast}${answer.holdsMultiple}x` };
}

const toneRole: Record<Tone, Role> = { good: "good", bad: "failed", unsure: "muted" };
const shapes: Record<Tone, string> = { good: "M4.5,10.5l4,4l7,-8", bad: "M5.5,5.5l9,9m0,-9l-9,9", unsure: "M5,10h10" };

/** A tick, a cross or a dash in a disc. */
export function sign(tone: Tone, size: number): Html {
  return html`<svg width="${size}" height="${size}" viewBox="0 0 20 20" aria-hidden="true">
    <circle ${fill(toneRole[tone])} cx="10" cy="10" r="10" />
    <path ${stroke("paper", 2.4)} stroke-linecap="round" stroke-linejoin="round" d="${shapes[tone]}" />
  </svg>`;
}

/** A word with its sign, for tables. */
export function signed(tone: Tone, word: string): Html {
  return html`<span class="verdict-word t-${tone}">${sign(tone, 14)}${word}</span>`;
}
