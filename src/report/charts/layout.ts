/**
 * The two sizes in which every chart is drawn: a wide one for screens and paper, a narrow one for phones. Both are in the page
 * and the style sheet shows one; where styles are blocked the `hidden` attribute keeps the narrow one away.
 */

import type { Html } from "../html.ts";

export interface Layout {
  readonly name: "wide" | "narrow";
  /** Pixels of the drawing, which are the page's at its full width. */
  readonly width: number;
  /** First and last pixel of the plotted area. */
  readonly left: number;
  readonly right: number;
  /** Where titles begin. */
  readonly titleLeft: number;
  /** Whether names of lines fit beside their ends; else they stand in a key above. */
  readonly namesBeside: boolean;
  /** About how many pixels one tick label of the x axis may take. */
  readonly tickPitch: number;
}

export const layouts: readonly Layout[] = [
  { name: "wide", width: 920, left: 62, right: 772, titleLeft: 62, namesBeside: true, tickPitch: 90 },
  { name: "narrow", width: 358, left: 50, right: 350, titleLeft: 0, namesBeside: false, tickPitch: 62 },
];

/** A rectangle to plot in: pixels from the top left of the drawing. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What a chart draws: its height and its marks. */
export interface Drawing {
  readonly height: number;
  readonly marks: Html;
}

/**
 * Moves labels apart so that neighbours are at least `gap` pixels from one another, within [top, bottom] where they fit,
 * keeping their order. Returns the new positions in the order of the input.
 */
export function spread(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((y, at) => ({ y, at })).toSorted((a, b) => a.y - b.y || a.at - b.at);
  let floor = top;
  for (const label of order) {
    label.y = Math.max(label.y, floor);
    floor = label.y + gap;
  }
  let ceiling = bottom;
  for (const label of order.toReversed()) {
    label.y = Math.min(label.y, ceiling);
    ceiling = label.y - gap;
  }
  const placed = Array.from(wanted, () => 0);
  for (const { y, at } of order) placed[at] = y;
  return placed;
}
