/** The few shapes that all charts are made of. Coordinates are rounded to a tenth of a pixel: enough to print, and half the bytes. */
import { html, type Html, type Part } from "../html.ts";
import { fill, fillWithRim, type Role } from "../theme.ts";

/** A coordinate as it is written. */
function px(value: number): number {
  return Number(value.toFixed(1));
}

/** Path data with its numbers rounded: `d\`M${x},${y}H${right}\``. */
export function d(strings: TemplateStringsArray, ...numbers: readonly number[]): string {
  return String.raw({ raw: strings }, ...numbers.map(px));
}

interface PathLook {
  /** Lengths of strokes and gaps. */
  readonly dash?: string;
  readonly opacity?: number;
  /** Shown where the pointer rests, script or not. */
  readonly title?: string;
}

export function path(data: string, paint: Html, { dash, opacity, title }: PathLook = {}): Html {
  const dashed = dash === undefined ? null : html` stroke-dasharray="${dash}"`;
  const pale = opacity === undefined ? null : html` opacity="${opacity}"`;
  return html`<path ${paint}${dashed}${pale} stroke-linejoin="round" stroke-linecap="round" d="${data}">${titled(title)}</path>`;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function rect({ x, y, width, height }: Box, paint: Html, title?: string): Html {
  const size = html`x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"`;
  return html`<rect ${paint} ${size}>${titled(title)}</rect>`;
}

export function dot(x: number, y: number, radius: number, paint: Html, title?: string): Html {
  return html`<circle ${paint} cx="${px(x)}" cy="${px(y)}" r="${radius}">${titled(title)}</circle>`;
}

function titled(title: string | undefined): Html | null {
  return title === undefined ? null : html`<title>${title}</title>`;
}

/** Shapes that belong together. */
export function group(parts: Part): Html {
  return html`<g>${parts}</g>`;
}

/** Shapes that say nothing to those who do not see them, such as axes: the description and the table do. */
export function unspoken(parts: Part): Html {
  return html`<g aria-hidden="true">${parts}</g>`;
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly bold?: boolean;
  readonly role?: Role;
  /** Whether it stands on lines and needs a rim. */
  readonly rim?: boolean;
}

/** A line of text, its letters 12 px high and in the quiet colour unless told otherwise. */
export function text(
  { x, y, anchor = "start", size = 12, bold = false, role = "muted", rim = false }: TextPlace,
  content: Part,
): Html {
  const font = html`font-family="system-ui, sans-serif" font-size="${size}" font-weight="${bold ? 600 : 400}"`;
  const paint = rim ? fillWithRim(role) : fill(role);
  return html`<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" ${font} ${paint}>${content}</text>`;
}
