/** How a verdict is shown at a glance: a word, a sign and a tone, so that nothing depends on colour alone. */
import { exitCodes } from "../model/exit.ts";
import type { Summary } from "../model/summary.ts";
import { html, type Html } from "./html.ts";
import { fill, type Role, stroke } from "./theme.ts";
import { writesTone } from "./writes-text.ts";

export type Tone = "good" | "bad" | "unsure";

export interface State {
  readonly tone: Tone;
  /** A few words: `Breaks at 5x`. */
  readonly words: string;
}

/** What the run showed. An invalid run shows nothing, whatever its numbers; a step that broke is said before what held. */
export function stateOf({ validity, answer, writes = {} }: Pick<Summary, "validity" | "answer" | "writes">): State {
  if (validity.grade === "invalid") return { tone: "unsure", words: "Not valid" };
  if (answer.breaksAt !== null) return { tone: "bad", words: `Breaks at ${answer.breaksAt}x` };
  if (answer.holdsMultiple === null) return { tone: "unsure", words: "No answer" };
  const atLeast = validity.grade === "lower-bound" ? "at least " : "";
  const holds = `Holds ${atLeast}${answer.holdsMultiple}x`;
  // What carries the rate by losing what it was given does not hold, whatever its budgets say.
  if (Object.values(writes).some((truth) => writesTone(truth) === "bad"))
    return { tone: "bad", words: `${holds}, but writes went wrong` };
  return { tone: "good", words: holds };
}

const exitWords: Readonly<Record<number, string>> = {
  [exitCodes.passed]: "passed",
  [exitCodes.fault]: "a fault of Peakproof's",
  [exitCodes.usage]: "wrong usage",
  [exitCodes.budgetMissed]: "a budget missed",
  [exitCodes.cleanupIncomplete]: "cleanup incomplete",
  [exitCodes.noAnswer]: "no valid answer",
  [exitCodes.safetyLimit]: "stopped by a safety limit",
  [exitCodes.interrupted]: "interrupted",
};

/** `3 (a budget missed)`. */
export function exitText(code: number): string {
  const words = exitWords[code];
  return words === undefined ? String(code) : `${code} (${words})`;
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
