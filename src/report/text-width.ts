/**
 * Text in terminal cells. Names may be Chinese (two cells a character) and hostile (escape sequences), so nothing is printed
 * before it went through `cleanLine`, and nothing is padded by its length.
 */
import { stripVTControlCharacters } from "node:util";

/** East Asian wide and full-width characters and pictographs (Unicode TR 11, blocks rather than single characters). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** Marks that sit on the character before them, joiners and variation selectors. */
const zero = /^[\p{M}\u200b-\u200f\u2060\ufeff]+$/u;
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const unseen = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** One line that cannot move the cursor, ring the bell or turn the writing round. */
export function cleanLine(text: string): string {
  return stripVTControlCharacters(text).replace(unseen, " ");
}

/** Terminal cells that a text takes, colours not counted. */
export function widthOf(text: string): number {
  let cells = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) cells += cellsOf(segment);
  return cells;
}

function cellsOf(grapheme: string): number {
  if (zero.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/** The text in at most `width` cells, ending in `…` where it was cut. For text without colours. */
export function fitted(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cells = 0;
  let kept = "";
  for (const { segment } of segmenter.segment(text)) {
    cells += cellsOf(segment);
    if (cells > width - 1) break;
    kept += segment;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** Padded with spaces to `width` cells, on the right or, for numbers, on the left. */
export function padded(text: string, width: number, side: "left" | "right" = "right"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return side === "right" ? text + space : space + text;
}

/** Words set in lines of at most `width` cells, the first behind `lead`, the others as far in; a word that is longer stays whole: a path cannot be copied from two halves. */
export function wrapped(text: string, width: number, lead = ""): string[] {
  const indent = " ".repeat(widthOf(lead));
  const lines: string[] = [];
  let line = lead;
  let empty = true;
  for (const word of cleanLine(text).trim().split(/ +/)) {
    const longer = empty ? line + word : `${line} ${word}`;
    if (!empty && widthOf(longer) > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
    empty = false;
  }
  return [...lines, line];
}

/** Cells in a row as long as they fit, then in the next: `gap` spaces between them. */
export function flowed(cells: readonly string[], width: number, gap = 3): string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    const longer = last === undefined ? null : last + " ".repeat(gap) + cell;
    if (longer !== null && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(cell);
  }
  return lines;
}
