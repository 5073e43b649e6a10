/**
 * HTML and SVG as text, safe by construction: whatever goes into a template is escaped unless it is `Html` already.
 * Error keys, reply bodies and names come from the target or from a record file, so all of them count as hostile.
 */

/** Text that is markup already. Only this module makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What a template accepts; null, undefined and false leave nothing. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };

/**
 * Control characters and marks that turn the direction of writing. They have no glyph, some are not allowed in HTML at all,
 * and a turned line can be made to read as something else.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const unseen = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text as content or as a quoted attribute value; what cannot be seen becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(unseen, "\ufffd").replace(/[&<>"'`]/g, (character) => entities[character] ?? "");
}

/** Markup from a template: `html\`<td>${text}</td>\``. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, at) => text + render(parts[at])).join(""));
}

/** Text that this package wrote itself and that is known to be safe, such as its style sheet and script. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(String(part));
}
